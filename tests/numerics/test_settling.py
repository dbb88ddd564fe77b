"""Slopes settle from some step on: before a jump, kink, pole or oscillation, or under a noise that explains them."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from gradsuite.numerics.estimate import Estimate
from gradsuite.numerics.richardson import Tableau
from gradsuite.numerics.settling import central, diverges, limit, one_sided

EPS = 2.0**-53
STEPS = 2.0 ** -np.arange(2.0, 23.0)
Function = Callable[[float], float]


def _values(f: Function, x: float) -> tuple[np.ndarray, np.ndarray, float]:
    return *(np.array([f(x + side * h) for h in STEPS.tolist()]) for side in (1, -1)), f(x)


def _slope(f: Function, x: float) -> Estimate:
    right, left, here = _values(f, x)
    slopes, bends = (right - left) / (2 * STEPS), (right + left - 2 * here) / STEPS
    tableau = Tableau(slopes, EPS * (abs(right) + abs(left)) / STEPS, 1 / STEPS, base=4)
    return limit(tableau, central(slopes, bends, STEPS), measured=EPS * abs(here), size=abs(here))


def _rises(f: Function, x: float) -> np.ndarray:
    right, _, here = _values(f, x)
    return (right - here) / STEPS


BESIDE = [(kind, d) for kind in ("jump", "kink", "pole", "curve") for d in (0.1, 1e-2, 1e-3, 1e-5)]
FAR = {
    "jump": (lambda x: math.sin(x) + (x > 1) * 0.3, math.cos),
    "kink": (lambda x: math.sin(x) + abs(x - 1), lambda x: math.cos(x) - 1),
    "pole": (lambda x: 1 / (x - 1), lambda x: -((x - 1) ** -2)),
    "curve": (lambda x: math.sin(x) + max(x - 1, 0.0) ** 2, math.cos),
}


@pytest.mark.parametrize(("kind", "distance"), BESIDE)
def test_steps_on_this_side_alone_are_used(kind: str, distance: float) -> None:
    f, derivative = FAR[kind]
    found, truth = _slope(f, 1 - distance), derivative(1 - distance)
    assert abs(found.value - truth) <= found.bar <= 1e-3 * abs(truth)


@pytest.mark.parametrize("kind", ["jump", "kink", "pole"])
@pytest.mark.parametrize("distance", [1e-8, 1e-10])
def test_what_is_nearer_than_every_step_leaves_nothing_known(kind: str, distance: float) -> None:
    assert math.isinf(_slope(FAR[kind][0], 1 - distance).bar)


@pytest.mark.parametrize("frequency", [1e3, 1e5, 1e7, 1e9])
def test_an_oscillation_is_resolved_or_not_known(frequency: float) -> None:
    for x in (0.3, 1.1, 2.7):
        found, truth = _slope(lambda x: math.sin(frequency * x), x), frequency * math.cos(frequency * x)
        assert math.isinf(found.bar) or abs(found.value - truth) <= found.bar + 1e-9 * frequency


def test_steady_noise_widens_the_bar() -> None:
    found = _slope(lambda x: float(np.float32(math.exp(np.float32(x)))), 1.1)
    assert abs(found.value - math.exp(1.1)) <= found.bar <= 1e-2


def test_a_stair_is_not_known_to_be_flat() -> None:
    """A solver that stops at 1e-5 gives steps; within one of them the values do not change at all."""
    found = _slope(lambda x: round(math.sin(x), 5), 1.1)
    assert abs(found.value - math.cos(1.1)) <= found.bar


def test_a_flat_function_is_flat() -> None:
    found = _slope(lambda x: 3.0, 1.1)
    assert found.value == 0 and found.bar < 1e-13


@pytest.mark.parametrize(
    ("f", "grows"),
    [
        (lambda x: math.sqrt(abs(x)), True),
        (lambda x: abs(x) ** 0.2, True),
        (lambda x: x * math.log(abs(x)) if x else 0.0, True),
        (abs, False),
        (lambda x: abs(x) ** 1.5, False),
        (lambda x: float(x > 0), False),
        (math.sin, False),
        (lambda x: 0.0, False),
    ],
)
def test_a_vertical_tangent_is_told_from_a_kink_and_from_a_jump(f: Function, grows: bool) -> None:
    assert diverges(_rises(f, 0.0), STEPS) is grows


def test_one_sided_slopes_need_no_noise_to_settle_beside_a_kink() -> None:
    assert one_sided(_rises(lambda x: abs(x) + math.exp(x), 0.0), STEPS).max() < 1e-15


def test_a_kink_that_looks_like_the_error_of_a_smooth_function_is_held_against_finer_slopes() -> None:
    """Its share of three slopes in a row falls by a quarter each, as that of a square would."""
    share = np.where(STEPS > 2.0**-15, 1 - 0.8 * 2.0**-14 / STEPS, 0.0)
    tableau = Tableau(1 + share, EPS / STEPS, 1 / STEPS, base=4)
    found = limit(tableau, central(1 + share, 2 * share, STEPS), measured=EPS, size=1.0)
    assert abs(found.value - 1) <= found.bar


def test_a_kink_just_before_the_last_steps_is_held_against_the_last_slopes() -> None:
    share = np.where(STEPS > 2.0**-20, 0.05 * (1 - 0.89 * 2.0**-19 / STEPS), 0.0)
    tableau = Tableau(1 + share, 2.0**-32 / STEPS, 1 / STEPS, base=4)
    found = limit(tableau, central(1 + share, 2 * share, STEPS), measured=0.0, size=1.0)
    assert abs(found.value - 1) <= found.bar < math.inf

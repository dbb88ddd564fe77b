"""Differences know their own error: the bar holds the truth, on smooth functions, near poles and under noise."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from gradsuite.numerics.estimate import Estimate
from gradsuite.numerics.richardson import Tableau, noise_level

EPS = 2.0**-53
STEPS = 2.0 ** -np.arange(4.0, 16.0)

# f, f', and points: smooth, oscillating, steep, flat, and close to a pole or to the end of the domain.
FUNCTIONS: dict[str, tuple[Callable[[float], float], Callable[[float], float], list[float]]] = {
    "exp": (math.exp, math.exp, [-20.0, -1.0, 0.0, 1.0, 30.0]),
    "sin": (math.sin, math.cos, [0.0, 1.0, math.pi / 2, 100.0]),
    "fast sine": (lambda x: math.sin(40 * x), lambda x: 40 * math.cos(40 * x), [0.0, 0.3, 1.0]),
    "reciprocal": (lambda x: 1 / x, lambda x: -1 / x**2, [0.13, 0.5, 3.0, -0.2]),
    "logarithm": (math.log, lambda x: 1 / x, [0.13, 1.0, 1e3]),
    "square root": (math.sqrt, lambda x: 0.5 / math.sqrt(x), [0.07, 1.0, 1e6]),
    "tangent": (math.tan, lambda x: 1 / math.cos(x) ** 2, [0.0, 1.0, 1.5, math.pi / 2 - 0.07]),
    "square": (lambda x: x * x, lambda x: 2 * x, [0.0, 1.0, -1e8]),
    "constant": (lambda x: 7.0, lambda x: 0.0, [1.0]),
    "tanh": (math.tanh, lambda x: 1 - math.tanh(x) ** 2, [0.0, 2.0, 15.0]),
    "arcsine": (math.asin, lambda x: 1 / math.sqrt(1 - x * x), [0.0, 0.5, 0.93]),
}
POINTS = [(name, x) for name, (_, _, points) in FUNCTIONS.items() for x in points]


def _central(f: Callable[[float], float], x: float) -> Estimate:
    ends = np.array([(f(x + h), f(x - h)) for h in STEPS.tolist()]).T
    slopes = (ends[0] - ends[1]) / (2 * STEPS)
    # x + h is rounded, too: an error of u |x| in the argument.
    rounded = EPS * (2 * abs(ends).sum(0) + abs(slopes * x)) / STEPS
    return Tableau(slopes, rounded, 1 / STEPS, base=4).best(0, 0.0)


@pytest.mark.parametrize(("name", "x"), POINTS)
def test_the_bar_holds_the_truth(name: str, x: float) -> None:
    f, derivative, _ = FUNCTIONS[name]
    found = _central(f, x)
    assert abs(found.value - derivative(x)) <= found.bar


def test_the_bars_are_narrow_all_the_same() -> None:
    relative = []
    for name, x in POINTS:
        f, derivative, _ = FUNCTIONS[name]
        relative.append(_central(f, x).bar / max(abs(derivative(x)), abs(f(x)), 2.0**-20))
    assert sorted(relative)[len(relative) // 2] < 1e-10
    assert max(relative) < 1e-6


def test_one_sided_slopes_of_a_kink_are_told_apart() -> None:
    def f(x: float) -> float:
        return abs(x) + math.sin(x)

    slopes = (np.array([(f(s * h) - f(0.0)) / (s * h) for h in STEPS.tolist()]) for s in (1.0, -1.0))
    right, left = (Tableau(each, 4 * EPS / STEPS, 2 / STEPS, base=2).best(0, 0.0) for each in slopes)
    assert abs(right.value - 2) <= right.bar and abs(left.value) <= left.bar
    assert not left.agrees(right)


def test_slopes_left_out_take_no_part() -> None:
    slopes = np.array([math.nan, 1e30, 5.0, 5.0, 5.0])
    found = Tableau(slopes, np.zeros(5), np.zeros(5), base=4).best(2, 0.0)
    assert found.value == 5 and found.bar < 1e-14


def test_noise_widens_the_bar_by_what_the_steps_make_of_it() -> None:
    tableau = Tableau(np.ones(3), np.zeros(3), np.array([1.0, 2.0, 4.0]), base=4)
    assert tableau.best(0, 0.0).bar < 1e-12
    assert tableau.best(0, 1.0).bar == pytest.approx(3.0)  # (4 * 2 + 1) / 3


def _uniform(seed: int):
    """A small generator of the test's own: nothing of the machine's state takes part."""
    state = seed
    while True:
        state = (6364136223846793005 * state + 1442695040888963407) % 2**64
        yield (state >> 11) / 2**52 - 1


@pytest.mark.parametrize("sigma", [1e-12, 1e-8, 1e-4])
def test_the_noise_of_a_function_is_measured(sigma: float) -> None:
    measured = []
    for seed in range(20):
        noise = _uniform(seed + 1)
        values = [math.exp(k * 2.0**-14) + sigma * math.sqrt(3) * next(noise) for k in range(-4, 5)]
        measured.append(noise_level(values))
    assert 0.4 * sigma < sorted(measured)[10] < 3 * sigma
    assert all(level < 5 * sigma for level in measured)
    assert sum(3 * level >= sigma for level in measured) >= 19


def test_a_smooth_function_has_no_noise() -> None:
    assert noise_level([math.sin(k * 2.0**-14) for k in range(-4, 5)]) < 1e-15
    assert noise_level([5.0] * 9) == 0

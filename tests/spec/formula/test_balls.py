"""What is particular to the reading in balls: exactness, enclosure, and comparisons that are not decided."""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
import pytest
from flint import arb, ctx

from gradsuite.errors import FormulaError
from gradsuite.spec.formula import evaluate, parse
from gradsuite.spec.formula.ball_reading import BallReading, Undecidable, difference, midpoints, radii, to_balls


def value(text: str, bits: int = 200, **scope: Any) -> Any:
    arrays = {name: to_balls(v) if isinstance(v, np.ndarray) and v.dtype != object else v for name, v in scope.items()}
    return evaluate(parse(text), arrays, BallReading(bits))


def test_floats_are_exact_and_literals_are_decimal() -> None:
    x = np.array([0.1])
    assert radii(to_balls(x)) == 0.0
    assert difference(value("x", x=x), x) == 0.0
    tenth = float(value("0.1 - x", x=x)[0])
    assert 0 < abs(tenth) < 2.0**-56  # the double nearest to a tenth is not a tenth


def test_floats_of_the_scope_are_exact() -> None:
    assert float(value("s - x", s=0.1, x=np.array([0.1]))[0]) == 0.0


def test_precision_is_as_asked_and_is_put_back() -> None:
    before = ctx.prec
    assert -402 < math.log2(radii(value("1 / 3", bits=400))) < -398
    assert ctx.prec == before


def test_overlapping_balls_are_not_compared() -> None:
    with pytest.raises(Undecidable, match="not decided"):
        value("sqrt(x) * sqrt(x) < x", x=np.array([2.0]))
    with pytest.raises(Undecidable):
        value("sqrt(x) ** 2 == x", x=2.0)


def test_what_max_picked_equals_itself() -> None:
    e = value("exp(x)", x=np.array([1.0, 2.0]))
    holds = value("e == max(e)", e=e)
    assert holds.tolist() == [False, True]


def test_the_maximum_of_undecided_balls_encloses_both() -> None:
    largest = value("maximum(sqrt(x) ** 2, x)", x=2.0)
    assert largest.contains(arb(2))
    assert radii(largest) < 1e-50


def test_where_is_not_poisoned_by_the_branch_that_is_not_taken() -> None:
    chosen = value("where(x > 0, log(x) / x, 0)", x=np.array([0.0, 1.0, -2.0]))
    assert midpoints(chosen).tolist() == [0.0, 0.0, 0.0]


def test_division_by_zero_is_not_finite_and_raises_nothing() -> None:
    for text in ("1 / 0", "x / 0", "1 / x", "1 / n"):
        assert not np.isfinite(midpoints(value(text, x=np.array([0.0]), n=np.array([0])))).any()


def test_softmax_far_apart_and_at_minus_infinity() -> None:
    assert midpoints(value("softmax(x, 0)", x=np.array([1e20, 1e10]))).tolist() == [1.0, 0.0]
    assert midpoints(value("softmax(x, 0)", x=np.array([-math.inf, 0.0]))).tolist() == [0.0, 1.0]
    assert midpoints(value("log_softmax(x, 0)", x=np.array([-math.inf, 0.0]))).tolist() == [-math.inf, 0.0]


def test_large_and_small_matrix_products_are_the_same() -> None:
    random = np.random.default_rng(0)
    a, b = to_balls(random.standard_normal((2, 9, 7))), to_balls(random.standard_normal((7, 8)))
    large, small = value("a @ b", a=a, b=b), value("sum(a[..., None] * b, 2, keepdims=False)", a=a, b=b)
    assert np.frompyfunc(lambda p, q: p.overlaps(q), 2, 1)(large, small).all()
    assert radii(large).max() < 1e-55


def test_difference_is_exact() -> None:
    ball = value("x + 2.0 ** -80", x=np.array([1.0]))
    assert difference(ball, np.array([1.0])).tolist() == [2.0**-80]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x + missing", "nothing is known by the name 'missing'"),
        ("x + [1, 2]", "arithmetic with (1, 2)"),
        ("'a' * 3", "arithmetic with 'a'"),
        ("x if x > 0 else 0", "no single truth value"),
        ("x[y]", "an index is an integer"),
        ("10 ** 1000 * 10 ** 1000", "integer of"),
        ("N ** N ** N", "integer power"),
        ("arange(10 ** 12)", "elements"),
        ("broadcast_to(1, [10 ** 9, 10 ** 9])", "elements"),
        ("onehot([0, 1][0], 10 ** 12)", "elements"),
        ("pad(x, [10 ** 9, 10 ** 9])", "elements"),
        ("sum(x, 5)", "dimension 5"),
        ("split(x, [1, 9], 0)", "do not add up"),
    ],
)
@pytest.mark.parametrize("kind", ["balls", "torch"])
def test_what_does_not_fit_is_said_with_its_place(text: str, message: str, kind: str) -> None:
    import torch

    from gradsuite.spec.formula.torch_reading import TorchReading

    x = np.arange(1.0, 4.0)
    scope = {"x": to_balls(x) if kind == "balls" else torch.from_numpy(x), "N": 99}
    scope["y"] = scope["x"]
    started = time.process_time()
    with pytest.raises(FormulaError) as caught:
        evaluate(parse(text), scope, BallReading() if kind == "balls" else TorchReading())
    assert message in str(caught.value)
    assert caught.value.column <= len(text)
    assert time.process_time() - started < 1


def fastest(run: Any, times: int) -> float:
    took = []
    for _ in range(times):
        started = time.process_time()
        run()
        took.append(time.process_time() - started)
    return min(took)


def test_speed() -> None:
    """Formulas are proven at every sample: a forward must cost little."""
    random, reading = np.random.default_rng(0), BallReading(400)
    softmax, square = parse("softmax(x, 1)"), {"x": to_balls(random.standard_normal((5, 5)))}
    convolution = parse("reshape(w, [size(w, 0), -1]) @ unfold(x, 3, 1, 1)")
    images = {"x": to_balls(random.standard_normal((2, 4, 8, 8))), "w": to_balls(random.standard_normal((3, 4, 3, 3)))}
    assert fastest(lambda: evaluate(softmax, square, reading), 20) < 1e-3
    assert fastest(lambda: evaluate(convolution, images, reading), 10) < 20e-3

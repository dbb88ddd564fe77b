"""Functions that keep or take apart what a number is: abs, sign, floor, real, conj, clip, maximum, ..."""

from __future__ import annotations

from typing import Any

import numpy as np
from flint import acb, arb

from gradsuite.spec.formula import notation as write
from gradsuite.spec.formula.balls import array, balls, elementwise, is_balls, larger, smaller
from gradsuite.spec.formula.functions.meanings import plain
from gradsuite.spec.formula.notation import Arguments, Markup
from gradsuite.spec.formula.registry import register


def _round(ball: arb) -> Any:
    """To the nearest integer, halves to even."""
    up = (ball + 0.5).floor()
    tie = ball.is_exact() and up - ball == 0.5
    return up - 1 if tie and not (up / 2).is_integer() else up


def _kept(apply: Any, integers: Any) -> Any:
    """A function of balls that has a twin for integers, so that integers stay integers."""
    one = elementwise(apply)
    return lambda r, x: one(x) if is_balls(x) else integers(_counted(x))


def _counted(x: Any) -> Any:
    return x.astype(np.int64) if isinstance(x, np.ndarray) and x.dtype == bool else x


def _complex_part(name: str, otherwise: Any) -> Any:
    """real, imag and conj, which torch refuses for some real tensors."""
    return lambda r, x: getattr(r.torch, name)(x) if r.tensor(x).is_complex() else otherwise(r.tensor(x))


def _pairwise(choose: Any, integers: Any) -> Any:
    ufunc = elementwise(choose, 2)
    return lambda r, a, b: ufunc(a, b) if is_balls(a) or is_balls(b) else integers(a, b)


def _floored(x: Any) -> Any:
    return x if not (x.is_floating_point() or x.is_complex()) else x.floor()


def _torch_clip(r: Any, x: Any, low: Any, high: Any) -> Any:
    low_done = x if low is None else r.torch.maximum(*r.matched(x, low))
    return low_done if high is None else r.torch.minimum(*r.matched(low_done, high))


def _ball_clip(r: Any, x: Any, low: Any, high: Any) -> Any:
    low_done = x if low is None else _maximum(r, x, low)
    return low_done if high is None else _minimum(r, low_done, high)


def _clip_notation(given: Arguments) -> Markup:
    ends = [given.get("min", write.number("−∞")), given.get("max", write.number("∞"))]
    return write.applied(write.upright("clip"), [given["x"]], Markup(write.fenced("[", write.listed(ends), "]").text))


_maximum = _pairwise(larger, np.maximum)
_minimum = _pairwise(smaller, np.minimum)

register(
    "abs",
    "x",
    "the absolute value",
    torch=lambda r, x: r.countable(r.tensor(x)).abs(),
    balls=_kept(abs, abs),
    notation=write.between("|", "|"),
)
register(
    "sign",
    "x",
    "-1, 0 or 1; of a complex number, its direction: x / |x|",
    torch=lambda r, x: r.torch.sgn(r.countable(r.tensor(x))),
    balls=_kept(lambda ball: ball.sgn(), np.sign),
    notation=write.called("sgn"),
)
register(
    "floor",
    "x",
    "the largest whole number that is not above x",
    torch=lambda r, x: _floored(r.tensor(x)),
    balls=_kept(arb.floor, lambda x: x),
    notation=write.between("⌊", "⌋"),
)
register(
    "round",
    "x",
    "the nearest whole number, halves to the even one",
    torch=lambda r, x: r.countable(r.tensor(x)).round(),
    balls=_kept(_round, lambda x: x),
    notation=write.between("⌊", "⌉"),
)
register(
    "conj",
    "x",
    "the complex conjugate",
    torch=_complex_part("conj", lambda x: x),
    balls=_kept(lambda ball: ball.conjugate() if type(ball) is acb else ball, lambda x: x),
    notation=lambda given: Markup(f"<mover>{write.row(given['x'].text)}{write.sign('¯')}</mover>"),
)
register(
    "real",
    "x",
    "the real part",
    torch=_complex_part("real", lambda x: x),
    balls=_kept(lambda ball: ball.real, lambda x: x),
    notation=write.called("Re"),
)
register(
    "imag",
    "x",
    "the imaginary part",
    torch=_complex_part("imag", lambda x: x.new_zeros(x.shape)),
    balls=lambda r, x: elementwise(lambda ball: ball.imag)(balls(x)),
    notation=write.called("Im"),
)
register(
    "maximum",
    "a, b",
    "the larger of a and b, place by place",
    torch=lambda r, a, b: r.torch.maximum(*r.matched(a, b)),
    balls=_maximum,
    notation=write.called("max"),
)
register(
    "minimum",
    "a, b",
    "the smaller of a and b, place by place",
    torch=lambda r, a, b: r.torch.minimum(*r.matched(a, b)),
    balls=_minimum,
    notation=write.called("min"),
)
register(
    "clip",
    "x, min=None, max=None",
    "x held between two ends",
    torch=_torch_clip,
    balls=_ball_clip,
    notation=_clip_notation,
)


def _finite(ball: Any) -> bool:
    return bool(ball.is_finite())


def _nan(ball: Any) -> bool:
    parts = (ball.real, ball.imag) if type(ball) is acb else (ball,)
    return any(part.is_nan() for part in parts)


def _truths(apply: Any, of_integers: bool) -> Any:
    """A predicate of balls; of integers it has one answer."""
    ufunc = np.frompyfunc(apply, 1, 1)

    def decide(x: Any) -> Any:
        return np.asarray(ufunc(x), dtype=bool) if is_balls(x) else np.full(np.shape(x), of_integers)

    return plain(decide)


register(
    "isfinite",
    "x",
    "whether x is neither infinite nor NaN",
    torch=lambda r, x: r.tensor(x).isfinite(),
    balls=_truths(_finite, True),
)
register("isnan", "x", "whether x is NaN", torch=lambda r, x: r.tensor(x).isnan(), balls=_truths(_nan, False))
register(
    "isinf",
    "x",
    "whether x is infinite",
    torch=lambda r, x: r.tensor(x).isinf(),
    balls=_truths(lambda ball: not _finite(ball) and not _nan(ball), False),
)


def _truth_array(x: Any) -> Any:
    return array(x) != 0 if not is_balls(x) else ~_truths(lambda ball: bool(ball == 0), False)(None, x)


def _logical(name: str, summary: str, symbol: str, level: int) -> None:
    numpy = getattr(np, name)
    register(
        name,
        "a, b",
        summary,
        torch=lambda r, a, b: getattr(r.torch, name)(r.tensor(a), r.tensor(b)),
        balls=lambda r, a, b: numpy(_truth_array(a), _truth_array(b)),
        notation=lambda given: write.connected([given["a"], given["b"]], symbol, level),
    )


_logical("logical_and", "whether both hold", "∧", write.BOTH)
_logical("logical_or", "whether at least one holds", "∨", write.EITHER)
register(
    "logical_not",
    "a",
    "whether it does not hold",
    torch=lambda r, a: r.tensor(a).logical_not(),
    balls=lambda r, a: np.logical_not(_truth_array(a)),
    notation=lambda given: write.negated(given["a"]),
)

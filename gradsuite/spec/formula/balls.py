"""Arrays of balls: NumPy object arrays of ``flint.arb`` and ``acb``, which enclose a true value at any precision.

Integers and booleans stay ordinary NumPy arrays and are exact. A single ball stands for a 0-d array.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from operator import methodcaller
from typing import Any

import numpy as np
from flint import acb, arb

from gradsuite.errors import GradsuiteError

ARB_INF = arb("inf")


class Undecidable(GradsuiteError):
    """A comparison of two enclosures that overlap: more precision, or another sample, is needed."""


def to_balls(values: np.ndarray) -> np.ndarray:
    """Floating arrays as exact balls; integers and booleans as they are, integers as int64."""
    if values.dtype.kind in "biu":
        return values if values.dtype.kind == "b" else values.astype(np.int64)
    if values.dtype.kind == "c":
        return _object(_TO_ACB(values.astype(np.complex128)))
    return values if values.dtype == object else _object(_TO_ARB(values.astype(np.float64)))


_TO_ARB, _TO_ACB = np.frompyfunc(arb, 1, 1), np.frompyfunc(acb, 1, 1)


def _object(value: Any) -> np.ndarray:
    return np.asarray(value, dtype=object)


def is_balls(value: Any) -> bool:
    """True for a ball and for an array of balls."""
    return type(value) is arb or type(value) is acb or (isinstance(value, np.ndarray) and value.dtype == object)


def balls(value: Any) -> Any:
    """Any number or array as balls; exact."""
    if is_balls(value):
        return value
    if isinstance(value, np.ndarray):
        return _object(_TO_ARB(value.astype(object) + 0)) if value.dtype.kind in "biu" else to_balls(value)
    if isinstance(value, (complex, np.complexfloating)):
        return acb(complex(value))
    if isinstance(value, (bool, np.bool_, int, np.integer)):
        return arb(int(value))
    if isinstance(value, (float, np.floating)):
        return arb(float(value))
    raise TypeError(f"{value!r} is not a number")


def array(value: Any) -> np.ndarray:
    """Any value as an array."""
    return value if isinstance(value, np.ndarray) else np.asarray(value, dtype=object if is_balls(value) else None)


def alike(*values: Any) -> list[np.ndarray]:
    """Arrays that are all balls, or none is."""
    mixed = any(is_balls(value) or isinstance(value, (float, complex)) for value in values)
    return [array(balls(value) if mixed else value) for value in values]


def each(method: str, limits: Mapping[float, float] | None = None) -> Callable[[Any], Any]:
    """An elementwise function from a method of arb and acb, with its limits at points where the method gives none."""
    evaluate = methodcaller(method)
    ends = [(arb(at), arb(value)) for at, value in (limits or {}).items()]

    def apply(value: Any) -> Any:
        if ends and type(value) is arb and value.is_exact():
            for at, limit in ends:
                if value == at:
                    return limit
        return evaluate(value)

    return elementwise(apply)


def elementwise(apply: Callable[..., Any], arity: int = 1) -> Callable[..., Any]:
    """A function of single balls, applied to arrays."""
    ufunc = np.frompyfunc(apply, arity, 1)
    return lambda *values: ufunc(*(balls(value) for value in values))


def _undecided(a: Any, b: Any, relation: str) -> bool:
    if _is_nan(a) or _is_nan(b):
        return False
    raise Undecidable(f"it is not decided whether {_short(a)} {relation} {_short(b)}: the enclosures overlap")


def _is_nan(value: Any) -> bool:
    return type(value) is arb and bool(value.is_nan())


def _short(value: Any) -> str:
    return str(value.str(8)) if isinstance(value, (arb, acb)) else str(value)


def less(a: Any, b: Any) -> bool:
    """a < b, decided or Undecidable; False where either is NaN."""
    if a < b:
        return True
    return False if a is b or a >= b else _undecided(a, b, "<")


def less_equal(a: Any, b: Any) -> bool:
    """a <= b, decided or Undecidable; False where either is NaN."""
    if a <= b or (a is b and not _is_nan(a)):
        return True
    return False if a > b else _undecided(a, b, "<=")


def equal(a: Any, b: Any) -> bool:
    """a == b, decided or Undecidable. A ball equals itself: what ``max`` picked equals what it was picked from."""
    if a == b or (a is b and not _is_nan(a)):
        return True
    return _undecided(a, b, "==") if _overlap(a, b) else False


def _overlap(a: Any, b: Any) -> bool:
    kind: Any = acb if acb in (type(a), type(b)) else arb
    return bool(kind(a).overlaps(kind(b)))


def larger(a: Any, b: Any) -> Any:
    """The larger of two balls: one of them where that is decided, else an enclosure of the larger."""
    if a >= b or a is b:
        return a
    return b if a < b else a.max(b)


def smaller(a: Any, b: Any) -> Any:
    """The smaller of two balls."""
    if a <= b or a is b:
        return a
    return b if a > b else a.min(b)


def midpoints(value: Any) -> np.ndarray:
    """The nearest float64 (or complex128) to each midpoint."""
    found = array(value)
    if found.dtype != object:
        return found.astype(np.float64)
    if any(type(ball) is acb for ball in found.flat):
        return np.asarray(np.frompyfunc(_complex, 1, 1)(found), dtype=np.complex128).reshape(found.shape)
    return np.asarray(np.frompyfunc(float, 1, 1)(found), dtype=np.float64).reshape(found.shape)


def _complex(ball: Any) -> complex:
    return complex(float(ball.real), float(ball.imag))


def radii(value: Any) -> np.ndarray:
    """Radii as float64; for complex balls the larger of the two parts'. NaN is an infinite radius."""
    found = array(value)
    if found.dtype != object:
        return np.zeros(found.shape)
    return np.asarray(np.frompyfunc(_radius, 1, 1)(found), dtype=np.float64).reshape(found.shape)


def _radius(ball: Any) -> float:
    if type(ball) is acb:
        return max(_radius(ball.real), _radius(ball.imag))
    return math.inf if ball.is_nan() else float(ball.rad())


def difference(value: Any, floats: np.ndarray) -> np.ndarray:
    """Ball minus float, then rounded to float64 (or complex128): the error of ``floats``, negated."""
    return midpoints(array(balls(value)) - array(balls(floats)))

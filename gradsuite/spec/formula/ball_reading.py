"""The reading in ball arithmetic: rigorous enclosures at any precision. No torch."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from flint import acb, acb_mat, arb, arb_mat, ctx

from gradsuite.spec.formula import bounds
from gradsuite.spec.formula.balls import (
    Undecidable,
    alike,
    array,
    balls,
    difference,
    equal,
    is_balls,
    less,
    less_equal,
    midpoints,
    radii,
    to_balls,
)
from gradsuite.spec.formula.registry import Function

__all__ = ["BallReading", "Undecidable", "difference", "midpoints", "radii", "to_balls"]

_Decide = Callable[[Any, Any], bool]
_INTEGER = (int, np.integer)
_SMALL = 256  # products in a matrix product from which flint's own is faster


class BallReading:
    """Evaluates in balls of ``bits`` bits. Floats in the scope are exact; a literal is the decimal number it shows."""

    def __init__(self, bits: int = 200) -> None:
        self.bits = bits
        self._numbers: dict[Any, Any] = {}

    @contextmanager
    def working(self) -> Iterator[None]:
        """Arithmetic outside formulas is done at this precision too while this is held."""
        before = ctx.prec
        ctx.prec = self.bits
        try:
            yield
        finally:
            ctx.prec = before

    def number(self, value: float | complex) -> Any:
        """A literal, to full precision: 0.1 is one tenth."""
        if value not in self._numbers:
            self._numbers[value] = acb(0, arb(repr(value.imag))) if isinstance(value, complex) else arb(repr(value))
        return self._numbers[value]

    def constant(self, name: str) -> arb:
        """pi, inf or nan."""
        return arb.pi() if name == "pi" else arb(name)

    def lift(self, value: Any) -> Any:
        """A value from the scope: floating numbers become balls."""
        if isinstance(value, np.ndarray):
            return to_balls(value)
        if isinstance(value, (tuple, list)):
            return tuple(self.lift(each) for each in value)
        return balls(value) if isinstance(value, (float, complex)) else value

    def call(self, function: Function, values: list[Any]) -> Any:
        """A function of the language."""
        return function.balls(self, *values)

    def add(self, a: Any, b: Any) -> Any:
        """a + b; tuples are joined."""
        if isinstance(a, tuple) and isinstance(b, tuple):
            return a + b
        return _arithmetic(operator.add, a, b)

    def subtract(self, a: Any, b: Any) -> Any:
        """a - b."""
        return _arithmetic(operator.sub, a, b)

    def multiply(self, a: Any, b: Any) -> Any:
        """a * b."""
        return _arithmetic(operator.mul, a, b)

    def divide(self, a: Any, b: Any) -> Any:
        """a / b; not finite where b is or may be zero."""
        return balls(_countable(a)) / _countable(b)

    def floor_divide(self, a: Any, b: Any) -> Any:
        """The floor of a / b."""
        if is_balls(a) or is_balls(b):
            return np.frompyfunc(arb.floor, 1, 1)(self.divide(a, b))
        return _arithmetic(operator.floordiv, a, b)

    def remainder(self, a: Any, b: Any) -> Any:
        """a - b * (a // b): it has the sign of b."""
        if is_balls(a) or is_balls(b):
            return a - b * self.floor_divide(a, b)
        return _arithmetic(operator.mod, a, b)

    def power(self, a: Any, b: Any) -> Any:
        """a ** b. Integers stay integers only where the exponent is a non-negative integer."""
        a, b = _countable(a), _countable(b)
        if isinstance(b, _INTEGER) and b >= 0:
            if isinstance(a, _INTEGER):
                return bounds.integer_power(int(a), int(b))
            return a * a if b == 2 else a ** int(b)
        return _POWER(balls(a), b if is_balls(b) or isinstance(b, int) else balls(b))

    def matmul(self, a: Any, b: Any) -> Any:
        """a @ b with NumPy's broadcasting of batches."""
        left, right = alike(_countable(a), _countable(b))
        if left.dtype != object:
            return left @ right
        if left.ndim and right.ndim and left.shape[-1] == 0 == right.shape[max(right.ndim - 2, 0)]:
            return _no_products(left, right)
        if left.ndim < 2 or right.ndim < 2 or left.shape[-2] * left.shape[-1] * right.shape[-1] < _SMALL:
            return np.matmul(left, right)
        return _matrix_products(left, right)

    def negative(self, a: Any) -> Any:
        """-a."""
        return -_countable(a)

    def compare(self, name: str, a: Any, b: Any) -> Any:
        """An elementwise comparison, decided or Undecidable."""
        if is_balls(a) or is_balls(b):
            return _COMPARE[name](balls(a), balls(b))
        return _PLAIN[name](a, b)

    def both(self, a: Any, b: Any) -> Any:
        """Elementwise and."""
        return np.logical_and(a, b)

    def truth(self, value: Any) -> bool:
        """The truth of a value that has one: not of an array with dimensions."""
        if isinstance(value, np.ndarray) and value.ndim:
            raise TypeError("an array has no single truth value: use any(...), all(...) or where(...)")
        if is_balls(value):
            return not equal(array(value)[()], 0)
        return bool(value)

    def item(self, value: Any, key: Any) -> Any:
        """A subscript."""
        if isinstance(value, tuple):
            return value[bounds.index(key)]
        return array(value)[bounds.index(key)]

    def transpose(self, value: Any) -> Any:
        """The last two axes swapped."""
        return np.swapaxes(value, -1, -2)


def _countable(value: Any) -> Any:
    """Booleans count as 0 and 1; what is not a number is refused."""
    if isinstance(value, np.ndarray):
        return value.astype(np.int64) if value.dtype.kind == "b" else value
    if isinstance(value, (bool, np.bool_)):
        return int(value)
    if value is None or isinstance(value, (str, tuple)):
        raise TypeError(f"arithmetic with {value!r}")
    return value


def _arithmetic(apply: Callable[[Any, Any], Any], a: Any, b: Any) -> Any:
    result = apply(_countable(a), _countable(b))
    return bounds.integer(result) if type(result) is int else result


_POWER = np.frompyfunc(operator.pow, 2, 1)


def _no_products(left: np.ndarray, right: np.ndarray) -> Any:
    """The product over an empty inner dimension: zeros of the shape that NumPy gives."""
    zeros = np.matmul(np.zeros(left.shape), np.zeros(right.shape))
    return balls(zeros)


def _matrix_products(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Batched matrix products by flint, which is faster than NumPy's on objects."""
    batch = np.broadcast_shapes(left.shape[:-2], right.shape[:-2])
    rows, columns = left.shape[-2], right.shape[-1]
    lefts = np.broadcast_to(left, (*batch, *left.shape[-2:])).reshape(-1, *left.shape[-2:])
    rights = np.broadcast_to(right, (*batch, *right.shape[-2:])).reshape(-1, *right.shape[-2:])
    out = np.empty((len(lefts), rows * columns), dtype=object)
    for number, (a, b) in enumerate(zip(lefts, rights, strict=True)):
        out[number] = _matrix_product(a, b)
    return out.reshape(*batch, rows, columns)


def _matrix_product(a: np.ndarray, b: np.ndarray) -> list[Any]:
    mixed = any(type(ball) is acb for part in (a, b) for ball in part.flat)
    kind: Any = acb_mat if mixed else arb_mat
    return list((kind(*a.shape, a.ravel().tolist()) * kind(*b.shape, b.ravel().tolist())).entries())


def _comparison(
    decide: Callable[[Any, Any], bool], *, swap: bool = False, negate: bool = False
) -> Callable[[Any, Any], Any]:
    ufunc = np.frompyfunc(decide, 2, 1)

    def compare(a: Any, b: Any) -> Any:
        holds = np.asarray(ufunc(b, a) if swap else ufunc(a, b), dtype=bool)
        return ~holds if negate else holds

    return compare


_COMPARE = {
    "equal": _comparison(equal), "not_equal": _comparison(equal, negate=True),
    "less": _comparison(less), "greater": _comparison(less, swap=True),
    "less_equal": _comparison(less_equal), "greater_equal": _comparison(less_equal, swap=True),
}  # fmt: skip
_PLAIN = {
    "equal": operator.eq, "not_equal": operator.ne, "less": operator.lt, "less_equal": operator.le, 
    "greater": operator.gt, "greater_equal": operator.ge,
}  # fmt: skip

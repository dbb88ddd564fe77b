"""Bounds on what evaluating may cost, and the meaning of dimensions: shared by the readings."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

MAX_BITS = 4096  # of an integer
MAX_ELEMENTS = 2**26  # of an array that a formula makes larger than its inputs


def integer(value: int) -> int:
    """The integer itself; OverflowError if it is absurdly large."""
    if value.bit_length() > MAX_BITS:
        raise OverflowError(f"an integer of {value.bit_length()} bits")
    return value


def integer_power(base: int, exponent: int) -> int:
    """``base ** exponent`` for an exponent that is not negative; OverflowError before it grows absurdly large."""
    if base.bit_length() * exponent > MAX_BITS:
        raise OverflowError("an integer power of more than 4096 bits")
    return int(base**exponent)


def shape(sizes: Sequence[int] | int) -> tuple[int, ...]:
    """Sizes as a tuple; OverflowError if the array would be absurdly large."""
    sizes = (sizes,) if isinstance(sizes, int) else tuple(int(size) for size in sizes)
    if math.prod(sizes) > MAX_ELEMENTS:
        raise OverflowError(f"an array of {math.prod(sizes)} elements")
    return sizes


def axes(dim: Any, ndim: int) -> tuple[int, ...]:
    """The axes that ``dim`` (None for all, an int, or several) names, counted from 0.

    As in torch, a 0-d array has a dimension 0 (or -1) in name: nothing is done along it.
    """
    if dim is None:
        return tuple(range(ndim))
    named = tuple(dim) if isinstance(dim, (tuple, list)) else (dim,)
    found = tuple(axis(each, max(ndim, 1)) for each in named)
    if len(set(found)) != len(found):
        raise ValueError(f"a dimension is named twice in {dim}")
    return found if ndim else ()


def axis(dim: int, ndim: int) -> int:
    """One dimension, counted from 0."""
    if not -ndim <= dim < ndim:
        raise IndexError(f"dimension {dim} of an array with {ndim} dimensions")
    return int(dim) % ndim


def several(value: Any, count: int) -> tuple[int, ...]:
    """An int repeated, or the ints themselves: kernel sizes, strides and the like."""
    given = (value,) * count if isinstance(value, int) else tuple(int(each) for each in value)
    if len(given) == 1:
        given = given * count
    if len(given) != count:
        raise ValueError(f"{len(given)} numbers given for {count} dimensions")
    return given


def index(key: Any) -> Any:
    """A subscript, refused unless it consists of integers, slices, None and Ellipsis."""
    parts = key if isinstance(key, tuple) else (key,)
    for part in parts:
        if not (part is None or part is Ellipsis or isinstance(part, slice) or type(part) is int):
            raise TypeError("an index is an integer, a slice, None or ...")
    return key

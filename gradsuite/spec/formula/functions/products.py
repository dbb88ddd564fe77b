"""Products that sum: matmul, tensordot, einsum."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradsuite.spec.formula import notation as write
from gradsuite.spec.formula.balls import alike, balls
from gradsuite.spec.formula.registry import register


def _axes_lists(count: Any) -> Any:
    return count if isinstance(count, int) else [list(each) for each in count]


def _tensordot_torch(r: Any, a: Any, b: Any, count: Any) -> Any:
    return r.torch.tensordot(*r.matched(a, b), dims=_axes_lists(count))


def _tensordot_balls(r: Any, a: Any, b: Any, count: Any) -> Any:
    left, right = alike(a, b)
    return _without_holes(np.tensordot(left, right, axes=_axes_lists(count)), left)


def _einsum_torch(r: Any, subscripts: str, a: Any, b: Any, c: Any) -> Any:
    return r.torch.einsum(subscripts, *r.matched(*(each for each in (a, b, c) if each is not None)))


def _einsum_balls(r: Any, subscripts: str, a: Any, b: Any, c: Any) -> Any:
    operands = alike(*(each for each in (a, b, c) if each is not None))
    return _without_holes(np.einsum(subscripts, *operands), operands[0])


def _without_holes(result: Any, operand: np.ndarray) -> Any:
    """Empty sums of objects are Python zeros, or nothing at all: make them balls."""
    if operand.dtype != object:
        return result
    found = np.asarray(result, dtype=object)
    return np.frompyfunc(lambda ball: balls(0 if ball is None else ball), 1, 1)(found)


register(
    "matmul",
    "a, b",
    "the matrix product, as a @ b; leading dimensions are a batch",
    torch=lambda r, a, b: r.matmul(a, b),
    balls=lambda r, a, b: r.matmul(a, b),
    notation=lambda given: write.juxtaposed(given["a"], given["b"]),
)
register(
    "tensordot",
    "a, b, axes=2",
    "the products of a and b summed over the last axes of a and the first of b",
    torch=_tensordot_torch,
    balls=_tensordot_balls,
    rounds=True,
)
register(
    "einsum",
    "subscripts, a, b=None, c=None",
    "products summed as Einstein's convention says, with the indices written out: 'ij,jk->ik'",
    torch=_einsum_torch,
    balls=_einsum_balls,
    rounds=True,
)

"""Functions that choose values by a condition or an index: where, take, take_along_axis, delta, onehot."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradsuite.spec.formula import bounds
from gradsuite.spec.formula import notation as write
from gradsuite.spec.formula.balls import alike, array, is_balls
from gradsuite.spec.formula.bounds import axis
from gradsuite.spec.formula.notation import Arguments, Markup
from gradsuite.spec.formula.registry import register


def _where_torch(r: Any, condition: Any, a: Any, b: Any) -> Any:
    return r.torch.where(r.tensor(condition) != 0, *r.matched(a, b))


def _where_balls(r: Any, condition: Any, a: Any, b: Any) -> Any:
    chosen = r.compare("not_equal", condition, 0) if is_balls(condition) else np.asarray(condition) != 0
    return np.where(chosen, *alike(a, b))


def _cases(given: Arguments) -> Markup:
    return write.choice(given["condition"], given["a"], given["b"])


def _take_torch(r: Any, x: Any, indices: Any, dim: int) -> Any:
    x, indices = r.tensor(x), r.tensor(indices)
    dim = axis(dim, x.ndim)
    shape = (*x.shape[:dim], *indices.shape, *x.shape[dim + 1 :])
    return x.index_select(dim, indices.reshape(-1)).reshape(shape)


def _delta_torch(r: Any, a: Any, b: Any) -> Any:
    return r.countable(r.tensor(r.compare("equal", a, b)))


def _delta_balls(r: Any, a: Any, b: Any) -> Any:
    return np.asarray(r.compare("equal", a, b)).astype(np.int64)


def _classes(count: int, shape: Any) -> int:
    bounds.shape([*shape, count])
    return int(count)


def _onehot_torch(r: Any, target: Any, count: int) -> Any:
    target = r.tensor(target)
    return (target[..., None] == r.torch.arange(_classes(count, target.shape), device=target.device)).long()


def _onehot_balls(r: Any, target: Any, count: int) -> Any:
    target = np.asarray(target)
    return (target[..., None] == np.arange(_classes(count, target.shape))).astype(np.int64)


def _indexed(given: Arguments) -> Markup:
    return write.subscript(given["x"], given["indices"])


def _kronecker(given: Arguments) -> Markup:
    return write.subscript(Markup("<mi>δ</mi>"), Markup(write.row(given["a"].text, given["b"].text)))


def _onehot(given: Arguments) -> Markup:
    return write.subscript(Markup("<mi>δ</mi>"), given["target"])


register(
    "where",
    "condition, a, b",
    "a where the condition holds, b elsewhere",
    torch=_where_torch,
    balls=_where_balls,
    notation=_cases,
)
register(
    "take",
    "x, indices, dim",
    "the slices of x at the given indices along a dimension",
    torch=_take_torch,
    balls=lambda r, x, indices, dim: np.take(array(x), np.asarray(indices), axis(dim, np.ndim(x))),
    notation=_indexed,
)
register(
    "take_along_axis",
    "x, indices, dim",
    "for each place, the entry of x at that place's own index along a dimension",
    torch=lambda r, x, indices, dim: r.torch.take_along_dim(x, indices, axis(dim, x.ndim)),
    balls=lambda r, x, indices, dim: np.take_along_axis(array(x), np.asarray(indices), axis(dim, np.ndim(x))),
    notation=_indexed,
)
register(
    "delta",
    "a, b",
    "Kronecker's delta: 1 where a and b are equal, 0 elsewhere",
    torch=_delta_torch,
    balls=_delta_balls,
    notation=_kronecker,
)
register(
    "onehot",
    "target, classes",
    "a row of zeros for each target, with a 1 at the target's own place",
    torch=_onehot_torch,
    balls=_onehot_balls,
    notation=_onehot,
)

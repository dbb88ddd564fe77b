"""Reductions: sum, mean, max, argmax, ... With a dimension they keep it as size 1, so that results broadcast back."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from flint import arb

from gradsuite.spec.formula import notation as write
from gradsuite.spec.formula.balls import ARB_INF, array, balls, larger, less, smaller
from gradsuite.spec.formula.bounds import axes, axis
from gradsuite.spec.formula.notation import Arguments, Markup
from gradsuite.spec.formula.registry import register

_REDUCED = "x, dim=None, *, keepdims=True"
_LARGER, _SMALLER = np.frompyfunc(larger, 2, 1), np.frompyfunc(smaller, 2, 1)


def _sum_torch(r: Any, x: Any, dim: Any, keepdims: bool) -> Any:
    x = r.countable(r.tensor(x))
    along = axes(dim, x.ndim)
    return x.sum(along, keepdim=keepdims and dim is not None) if along else x


def _sum_balls(r: Any, x: Any, dim: Any, keepdims: bool) -> Any:
    return _reduced(np.add, 0, x, dim, keepdims)


def _prod_torch(r: Any, x: Any, dim: Any, keepdims: bool) -> Any:
    x = r.countable(r.tensor(x))
    for along in sorted(axes(dim, x.ndim), reverse=True):
        x = x.prod(along, keepdim=keepdims and dim is not None)
    return x


def _prod_balls(r: Any, x: Any, dim: Any, keepdims: bool) -> Any:
    return _reduced(np.multiply, 1, x, dim, keepdims)


def _reduced(ufunc: Any, identity: int, x: Any, dim: Any, keepdims: bool) -> Any:
    x = array(x)
    x = x.astype(np.int64) if x.dtype == bool else x
    along = axes(dim, x.ndim)
    empty = x.dtype == object and any(x.shape[each] == 0 for each in along)
    initial = {"initial": arb(identity)} if empty else {}
    return ufunc.reduce(x, axis=along, keepdims=keepdims and dim is not None, **initial)


def _mean_torch(r: Any, x: Any, dim: Any, keepdims: bool) -> Any:
    x = r.floating(x)
    along = axes(dim, x.ndim)
    return x.mean(along, keepdim=keepdims and dim is not None) if along else x


def _mean_balls(r: Any, x: Any, dim: Any, keepdims: bool) -> Any:
    x = array(balls(x))
    return _sum_balls(r, x, dim, keepdims) / prod(x.shape[each] for each in axes(dim, x.ndim))


def _extreme_torch(name: str, identity: float) -> Any:
    def meaning(r: Any, x: Any, dim: Any, keepdims: bool) -> Any:
        x = r.countable(r.tensor(x))
        along, keep = axes(dim, x.ndim), keepdims and dim is not None
        if any(x.shape[each] == 0 for each in along):
            return r.torch.full_like(x.sum(along, keepdim=keep), identity)
        return getattr(x, name)(along, keepdim=keep) if along else x

    return meaning


def _extreme_balls(choose: Any, integers: Any, identity: arb) -> Any:
    def meaning(r: Any, x: Any, dim: Any, keepdims: bool) -> Any:
        x = array(x)
        along, keep = axes(dim, x.ndim), keepdims and dim is not None
        if x.dtype != object:
            return integers(x, axis=along, keepdims=keep)
        for each in sorted(along, reverse=True):
            initial = {"initial": identity} if x.shape[each] == 0 else {}
            x = array(choose.reduce(x, axis=each, keepdims=keep, **initial))
        return x

    return meaning


def _position(largest: bool) -> Any:
    """The first place of the largest (or smallest) ball of a one-dimensional array, or Undecidable."""

    def find(lane: np.ndarray) -> int:
        best = 0
        for place in range(1, len(lane)):
            if less(lane[best], lane[place]) if largest else less(lane[place], lane[best]):
                best = place
        return best

    return find


def _arg_torch(name: str) -> Any:
    def meaning(r: Any, x: Any, dim: Any, keepdims: bool) -> Any:
        x = r.countable(r.tensor(x))
        return getattr(x, name)() if dim is None else getattr(x, name)(dim, keepdim=keepdims)

    return meaning


def _arg_balls(find: Any) -> Any:
    def meaning(r: Any, x: Any, dim: Any, keepdims: bool) -> Any:
        x = array(balls(x))
        if dim is None or x.ndim == 0:
            return np.asarray(find(x.ravel()))
        along = axis(dim, x.ndim)
        lines = np.moveaxis(x, along, -1)
        found = np.empty(lines.shape[:-1], dtype=np.int64)
        for place in np.ndindex(found.shape):
            found[place] = find(lines[place])
        return np.expand_dims(found, along) if keepdims else found

    return meaning


def _any_torch(name: str) -> Any:
    def meaning(r: Any, x: Any, dim: Any, keepdims: bool) -> Any:
        x = r.tensor(x) != 0
        for along in sorted(axes(dim, x.ndim), reverse=True):
            x = getattr(x, name)(along, keepdim=keepdims and dim is not None)
        return x

    return meaning


def _any_balls(ufunc: Any) -> Any:
    def meaning(r: Any, x: Any, dim: Any, keepdims: bool) -> Any:
        x = np.asarray(r.compare("not_equal", x, 0))
        return ufunc.reduce(x, axis=axes(dim, x.ndim), keepdims=keepdims and dim is not None)

    return meaning


def _unbroadcast_torch(r: Any, v: Any, x: Any) -> Any:
    v = r.tensor(v)
    return v.sum_to_size(_summed_shape(tuple(v.shape), tuple(r.tensor(x).shape)))


def _unbroadcast_balls(r: Any, v: Any, x: Any) -> Any:
    v, target = array(v), np.shape(x)
    aligned = _summed_shape(v.shape, target)
    lead = v.ndim - len(aligned)
    repeated = [i for i in range(v.ndim) if i < lead or (aligned[i - lead] == 1 != v.shape[i])]
    return array(_sum_balls(r, v, repeated, True)).reshape(aligned) if repeated else v


def _summed_shape(shape: tuple[int, ...], target: tuple[int, ...]) -> tuple[int, ...]:
    """What summing can reach: the target's sizes where ``shape`` has that axis, 1 where ``shape`` itself has 1."""
    tail = target[max(len(target) - len(shape), 0) :]
    own = shape[len(shape) - len(tail) :]
    if any(size not in (1, goal) and goal != 1 for size, goal in zip(own, tail, strict=True)):
        raise ValueError(f"shape {shape} does not come from broadcasting {target}")
    return tuple(size if size == 1 else goal for size, goal in zip(own, tail, strict=True))


def _summed_away(given: Arguments) -> Markup:
    """unbroadcast(v, x): the sum of v over what x was broadcast along."""
    return write.over("∑")({"v": given["v"]})


def _cumulative_balls(r: Any, x: Any, dim: Any) -> Any:
    x = array(x)
    x = x.astype(np.int64) if x.dtype == bool else x
    return np.add.accumulate(x, axis=axis(dim, x.ndim)) if x.ndim else x


register(
    "sum",
    _REDUCED,
    "the sum, of all or along dimensions",
    torch=_sum_torch,
    balls=_sum_balls,
    notation=write.over("∑"),
    rounds=True,
)
register(
    "prod",
    _REDUCED,
    "the product, of all or along dimensions",
    torch=_prod_torch,
    balls=_prod_balls,
    notation=write.over("∏"),
    rounds=True,
)
register("mean", _REDUCED, "the mean, of all or along dimensions", torch=_mean_torch, balls=_mean_balls, rounds=True)
register(
    "max",
    _REDUCED,
    "the largest entry, of all or along dimensions",
    torch=_extreme_torch("amax", -np.inf),
    balls=_extreme_balls(_LARGER, np.max, -ARB_INF),
    notation=write.under("max"),
)
register(
    "min",
    _REDUCED,
    "the smallest entry, of all or along dimensions",
    torch=_extreme_torch("amin", np.inf),
    balls=_extreme_balls(_SMALLER, np.min, ARB_INF),
    notation=write.under("min"),
)
for _name, _which in (("argmax", "largest"), ("argmin", "smallest")):
    _find = _arg_balls(_position(_name == "argmax"))
    register(
        _name,
        _REDUCED,
        f"where the {_which} entry stands, the first place of several",
        torch=_arg_torch(_name),
        balls=_find,
        notation=write.under(f"arg {_name[3:]}"),
    )
register(
    "any",
    _REDUCED,
    "whether an entry is not zero, of all or along dimensions",
    torch=_any_torch("any"),
    balls=_any_balls(np.logical_or),
    notation=write.under("any"),
)
register(
    "all",
    _REDUCED,
    "whether no entry is zero, of all or along dimensions",
    torch=_any_torch("all"),
    balls=_any_balls(np.logical_and),
    notation=write.under("all"),
)
register(
    "cumulative_sum",
    "x, dim",
    "running sums along a dimension",
    torch=lambda r, x, dim: r.countable(r.tensor(x)).cumsum(dim),
    balls=_cumulative_balls,
    rounds=True,
)
register(
    "unbroadcast",
    "v, x",
    "v summed over whatever x was repeated along to reach the shape of v",
    torch=_unbroadcast_torch,
    balls=_unbroadcast_balls,
    notation=_summed_away,
    rounds=True,
)

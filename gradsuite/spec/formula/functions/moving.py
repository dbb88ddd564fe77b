"""Functions that move values and compute nothing: reshape, concat, split, flip, pad, broadcast_to, ..."""

from __future__ import annotations

from typing import Any

import numpy as np
from flint import arb

from gradsuite.spec.formula import bounds
from gradsuite.spec.formula import notation as write
from gradsuite.spec.formula.balls import alike, array
from gradsuite.spec.formula.bounds import axes, axis
from gradsuite.spec.formula.notation import Arguments, Markup
from gradsuite.spec.formula.registry import register


def _sizes(sizes: Any, total: int, dim: int) -> list[int]:
    """The sizes of a split: one int means equal pieces of that size, the last possibly smaller."""
    if not isinstance(sizes, int):
        if sum(sizes) != total:
            raise ValueError(f"sizes {tuple(sizes)} do not add up to {total}, the size of dimension {dim}")
        return [int(size) for size in sizes]
    if sizes <= 0:
        raise ValueError("the size of a piece must be positive")
    return [min(sizes, total - start) for start in range(0, total, sizes)] or [0]


def _split(x: Any, sizes: Any, dim: int) -> tuple[Any, ...]:
    dim = axis(dim, x.ndim)
    pieces, start = [], 0
    for size in _sizes(sizes, x.shape[dim], dim):
        pieces.append(x[(slice(None),) * dim + (slice(start, start + size),)])
        start += size
    return tuple(pieces)


def _widths(widths: Any, ndim: int) -> list[tuple[int, int]]:
    """Flat widths, as torch's pad takes them (from the last axis backwards), as one pair an axis."""
    pairs = [(int(widths[k]), int(widths[k + 1])) for k in range(0, len(widths), 2)]
    if len(pairs) > ndim:
        raise ValueError(f"{len(pairs)} pairs of widths for {ndim} axes")
    return [(0, 0)] * (ndim - len(pairs)) + pairs[::-1]


def _pad_torch(r: Any, x: Any, widths: Any, value: Any) -> Any:
    x = r.tensor(x)
    for dim, (before, after) in enumerate(_widths(widths, x.ndim)):
        x = x.narrow(dim, max(-before, 0), x.shape[dim] - max(-before, 0) - max(-after, 0))
        parts = [_filled(r, x, dim, before, value), x, _filled(r, x, dim, after, value)]
        x = r.torch.cat([part for part in parts if part is not None], dim)
    return x


def _filled(r: Any, x: Any, dim: int, width: int, value: Any) -> Any:
    shape = bounds.shape([*x.shape[:dim], max(width, 0), *x.shape[dim + 1 :]])
    return r.torch.full(shape, value, dtype=x.dtype, device=x.device) if width > 0 else None


def _pad_balls(r: Any, x: Any, widths: Any, value: Any) -> Any:
    x, value = alike(x, value)
    pairs = _widths(widths, x.ndim)
    cropped = x[tuple(slice(max(-a, 0), size - max(-b, 0)) for (a, b), size in zip(pairs, x.shape, strict=True))]
    grown = [(max(a, 0), max(b, 0)) for a, b in pairs]
    bounds.shape([size + a + b for size, (a, b) in zip(cropped.shape, grown, strict=True)])
    return np.pad(cropped, grown, constant_values=value[()])


def _permuted(x: Any, dims: Any) -> tuple[int, ...]:
    along = axes(dims, x.ndim)
    if len(along) != x.ndim:
        raise ValueError(f"{dims} is not a permutation of {x.ndim} dimensions")
    return along


def _squeezed(shape: Any, dim: Any) -> tuple[int, ...]:
    along = axes(dim, len(shape))
    if any(shape[each] != 1 for each in along) and dim is not None:
        raise ValueError(f"dimension {dim} of shape {tuple(shape)} is not of size 1")
    return tuple(size for each, size in enumerate(shape) if each not in along or size != 1)


def _rolled(shift: Any, dim: Any, x: Any) -> tuple[list[int], list[int]]:
    along = axes(dim, x.ndim)
    return list(bounds.several(shift, len(along))), list(along)


def _like(value: Any) -> Any:
    """A constant in the shape and kind of another array."""
    return lambda r, x: r.torch.full_like(r.tensor(x), value)


def _like_balls(r: Any, x: Any, value: Any) -> Any:
    x, value = alike(x, value)
    return np.broadcast_to(value, x.shape).copy()


def _arange(start: Any, stop: Any, step: Any) -> range:
    run = range(0, start, step) if stop is None else range(start, stop, step)
    bounds.shape([len(run)])
    return run


def _triangle_torch(name: str) -> Any:
    return lambda r, x, k: getattr(r.tensor(x), name)(k)


def _triangle_balls(keep: Any) -> Any:
    def meaning(r: Any, x: Any, k: int) -> Any:
        x = array(x)
        rows, columns = np.arange(x.shape[-2])[:, None], np.arange(x.shape[-1])
        nothing: Any = arb(0) if x.dtype == object else 0
        return np.where(keep(columns - rows, k), x, nothing)

    return meaning


def _identity_notation(given: Arguments) -> Markup:
    return write.first(given)


def _pieces(name: str) -> Any:
    """concat and stack show their pieces side by side."""

    def meaning(given: Arguments) -> Markup:
        return write.applied(write.upright(name), [given["xs"]], given.get("dim"))

    return meaning


register(
    "reshape",
    "x, shape",
    "the same values in the same order, in another shape",
    torch=lambda r, x, shape: r.tensor(x).reshape(bounds.shape(shape)),
    balls=lambda r, x, shape: array(x).reshape(bounds.shape(shape)),
    notation=_identity_notation,
)
register(
    "broadcast_to",
    "x, shape",
    "x repeated along sizes of one until it has the shape",
    torch=lambda r, x, shape: r.tensor(x).broadcast_to(bounds.shape(shape)),
    balls=lambda r, x, shape: np.broadcast_to(array(x), bounds.shape(shape)),
    notation=_identity_notation,
)
register(
    "expand_dims",
    "x, dim",
    "x with a new dimension of size one",
    torch=lambda r, x, dim: r.tensor(x).unsqueeze(dim),
    balls=lambda r, x, dim: np.expand_dims(array(x), axis(dim, np.ndim(x) + 1)),
    notation=_identity_notation,
)
register(
    "squeeze",
    "x, dim=None",
    "x without a dimension of size one, or without all of them",
    torch=lambda r, x, dim: r.tensor(x).reshape(_squeezed(r.tensor(x).shape, dim)),
    balls=lambda r, x, dim: array(x).reshape(_squeezed(np.shape(x), dim)),
    notation=_identity_notation,
)
register(
    "permute_dims",
    "x, dims",
    "x with its dimensions in another order",
    torch=lambda r, x, dims: r.tensor(x).permute(_permuted(r.tensor(x), dims)),
    balls=lambda r, x, dims: array(x).transpose(_permuted(array(x), dims)),
)
register(
    "concat",
    "xs, dim=0",
    "arrays laid end to end along a dimension",
    torch=lambda r, xs, dim: r.torch.cat(r.matched(*xs), dim),
    balls=lambda r, xs, dim: np.concatenate(alike(*xs), dim),
    notation=_pieces("concat"),
)
register(
    "stack",
    "xs, dim=0",
    "arrays of one shape laid side by side along a new dimension",
    torch=lambda r, xs, dim: r.torch.stack(r.matched(*xs), dim),
    balls=lambda r, xs, dim: np.stack(alike(*xs), dim),
    notation=_pieces("stack"),
)
register(
    "split",
    "x, sizes, dim=0",
    "x cut along a dimension into pieces of the given sizes",
    torch=lambda r, x, sizes, dim: _split(r.tensor(x), sizes, dim),
    balls=lambda r, x, sizes, dim: _split(array(x), sizes, dim),
)
register(
    "flip",
    "x, dim=None",
    "x with the order along a dimension, or along all, reversed",
    torch=lambda r, x, dim: r.tensor(x).flip(axes(dim, r.tensor(x).ndim)),
    balls=lambda r, x, dim: np.flip(array(x), axes(dim, np.ndim(x))),
)
register(
    "roll",
    "x, shift, dim",
    "x moved along a dimension; what leaves at one end enters at the other",
    torch=lambda r, x, shift, dim: x.roll(*_rolled(shift, dim, x)) if x.ndim else x,
    balls=lambda r, x, shift, dim: np.roll(array(x), *_rolled(shift, dim, array(x))) if np.ndim(x) else x,
)
register(
    "pad",
    "x, widths, value=0",
    "x with a border of one value; widths are given from the last dimension backwards, and a negative one crops",
    torch=_pad_torch,
    balls=_pad_balls,
)
register(
    "tril",
    "x, k=0",
    "the lower triangle of a matrix; what lies above the k-th diagonal becomes zero",
    torch=_triangle_torch("tril"),
    balls=_triangle_balls(np.less_equal),
)
register(
    "triu",
    "x, k=0",
    "the upper triangle of a matrix; what lies below the k-th diagonal becomes zero",
    torch=_triangle_torch("triu"),
    balls=_triangle_balls(np.greater_equal),
)
register(
    "zeros_like",
    "x",
    "zeros in the shape of x",
    torch=_like(0),
    balls=lambda r, x: _like_balls(r, x, 0),
    notation=lambda _: write.number("0"),
)
register(
    "ones_like",
    "x",
    "ones in the shape of x",
    torch=_like(1),
    balls=lambda r, x: _like_balls(r, x, 1),
    notation=lambda _: write.number("1"),
)
register(
    "full_like",
    "x, value",
    "one value in the shape of x",
    torch=lambda r, x, value: r.tensor(value).to(r.tensor(x).dtype).broadcast_to(r.tensor(x).shape),
    balls=_like_balls,
    notation=lambda given: given["value"],
)
register(
    "arange",
    "start, stop=None, step=1",
    "whole numbers in steps, from start up to but without stop; from zero where one number is given",
    torch=lambda r, a, b, c: r.torch.tensor(list(_arange(a, b, c)), dtype=r.torch.int64, device=r.device),
    balls=lambda r, a, b, c: np.array(_arange(a, b, c), dtype=np.int64),
)
register(
    "shape",
    "x",
    "the sizes of x, as a tuple",
    torch=lambda r, x: tuple(r.tensor(x).shape),
    balls=lambda r, x: np.shape(array(x)),
)
register(
    "ndim", "x", "how many dimensions x has", torch=lambda r, x: r.tensor(x).ndim, balls=lambda r, x: np.ndim(array(x))
)
register(
    "size",
    "x, dim=None",
    "how many entries x has, in all or along a dimension",
    torch=lambda r, x, dim: _count(r.tensor(x).shape, dim),
    balls=lambda r, x, dim: _count(np.shape(array(x)), dim),
    notation=lambda given: (
        write.subscript(write.fenced("|", given["x"].text, "|"), given["dim"])
        if "dim" in given
        else write.fenced("|", given["x"].text, "|")
    ),
)


def _count(shape: Any, dim: Any) -> int:
    """How many elements there are along the dimension or dimensions, or in all."""
    return int(np.prod([shape[each] for each in axes(dim, len(shape))], dtype=np.int64))

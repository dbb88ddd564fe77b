"""Memory layouts: the same values, laid out in ways that kernels like to get wrong.

What lies between and behind the elements is NaN (zero for integers, which may be indices), so that reading it does not
go unseen. Other projects add layouts as ``gradsuite.extensions`` says: a module that defines ``LAYOUT``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from gradsuite import extensions
from gradsuite.errors import UsageError

_CHANNELS_LAST = {4: torch.channels_last, 5: torch.channels_last_3d}


@dataclass(frozen=True)
class Layout:
    """One layout.

    ``words``: how a sentence says that a tensor has it. ``fits``: whether a tensor can be laid out so, and would differ
    from contiguous. ``make``: the same values, so laid out in fresh memory.
    ``repeats``: whether elements share memory, so that values change. ``lazy``: whether other values lie in memory,
    with a mark: torch refuses to hand those out unresolved.
    """

    words: str
    fits: Callable[[Tensor], bool]
    make: Callable[[Tensor], Tensor]
    repeats: bool = False
    lazy: bool = False


def _transposed(x: Tensor) -> Tensor:
    """The last two axes swapped in memory."""
    return x.mT.contiguous().mT


def _permuted(x: Tensor) -> Tensor:
    """The first two axes swapped in memory; each row lies as it would."""
    return x.transpose(0, 1).contiguous().transpose(0, 1)


def _sliced(x: Tensor) -> Tensor:
    """Every second element of a larger buffer, from its second on: an offset and a stride of 2."""
    return _unfilled(x, (*x.shape[:-1], 2 * x.shape[-1] + 1))[..., 1::2].copy_(x)


def _narrowed(x: Tensor) -> Tensor:
    """The middle of wider rows: the last stride is 1, and the rows lie further apart than they are long."""
    return _unfilled(x, (*x.shape[:-1], x.shape[-1] + 2))[..., 1:-1].copy_(x)


def _offset(x: Tensor) -> Tensor:
    """Contiguous, but not from the beginning of its memory on."""
    return _unfilled(x, (x.numel() + 2,))[1:-1].view(x.shape).copy_(x)


def _expanded(x: Tensor) -> Tensor:
    """Stride 0 along the first axis longer than 1: its first entry, repeated. The values change."""
    axis = _longer(x)[0]
    return _repeated(x.narrow(axis, 0, 1), x)


def _uniform(x: Tensor) -> Tensor:
    """Stride 0 along every axis: the first element, repeated, as a sum's backward hands it on. The values change."""
    return _repeated(x[(slice(1),) * x.dim()], x)


def _repeated(entry: Tensor, x: Tensor) -> Tensor:
    """``entry`` expanded to the shape of ``x``, in a memory that is as large as if nothing were repeated."""
    return _unfilled(x, (x.numel(),))[: entry.numel()].view(entry.shape).copy_(entry).expand(x.shape)


def _channels_last(x: Tensor) -> Tensor:
    """Channels innermost in memory."""
    return x.contiguous(memory_format=_CHANNELS_LAST[x.dim()])


def _conjugated(x: Tensor) -> Tensor:
    """The conjugates in memory, and a mark that they are to be conjugated."""
    return x.conj_physical().conj()


def _negated(x: Tensor) -> Tensor:
    """The negatives in memory, and a mark that they are to be negated, as the imaginary part of a conjugate has it."""
    return torch._neg_view(x.neg())


def _unfilled(x: Tensor, shape: tuple[int, ...]) -> Tensor:
    return x.new_full(shape, float("nan") if x.is_floating_point() or x.is_complex() else 0)


def _longer(x: Tensor) -> list[int]:
    return [axis for axis, size in enumerate(x.shape) if size > 1]


_LAYOUTS = {
    "contiguous": Layout("contiguous", lambda x: True, torch.Tensor.contiguous),
    "transposed": Layout("transposed", lambda x: x.dim() >= 2 and min(x.shape[-2:]) > 1, _transposed),
    "permuted": Layout("permuted in its first two axes", lambda x: x.dim() >= 3 and min(x.shape[:2]) > 1, _permuted),
    "channels_last": Layout("in channels_last", lambda x: x.dim() in _CHANNELS_LAST and x.numel() > 0, _channels_last),
    "narrowed": Layout("a part of wider rows", lambda x: x.dim() >= 2 and x.numel() > x.shape[-1] > 0, _narrowed),
    "sliced": Layout("every second element of its memory", lambda x: x.dim() >= 1 and x.numel() > 0, _sliced),
    "offset": Layout("not at the beginning of its memory", lambda x: x.numel() > 0, _offset),
    "conjugated": Layout("lazily conjugated", torch.Tensor.is_complex, _conjugated, lazy=True),
    "negated": Layout("lazily negated", lambda x: x.is_floating_point() or x.is_complex(), _negated, lazy=True),
    "expanded": Layout("expanded with stride 0", lambda x: x.numel() > 1, _expanded, repeats=True),
    "uniform": Layout("one number expanded with stride 0", lambda x: len(_longer(x)) > 1, _uniform, repeats=True),
}


def names() -> tuple[str, ...]:
    """The name of every layout, ``contiguous`` first."""
    return (*_LAYOUTS, *sorted(extensions.added("layouts", _LAYOUTS)))


def get(name: str) -> Layout:
    """The layout called ``name``. Raises KeyError where there is none."""
    if extension := extensions.added("layouts").get(name):
        return extension.defined("LAYOUT", Layout)
    return _LAYOUTS[name]


def fits(name: str, x: Tensor) -> bool:
    """Whether ``x`` can be laid out so, and would differ from contiguous."""
    return get(name).fits(x)


def lay_out(x: Tensor, name: str) -> Tensor:
    """``x`` in the layout ``name``, in fresh memory; ``x`` must fit it. Only one that repeats changes values.

    Raises UsageError where another does that somebody added: ops would be accused of it.
    """
    layout = get(name)
    laid = layout.make(x)
    if name not in _LAYOUTS and not layout.repeats and not _is_same(laid, x):
        raise UsageError(f"the layout {name!r} changes what it lays out; set repeats=True where elements share memory")
    return laid


def _is_same(laid: Tensor, x: Tensor) -> bool:
    if laid.shape != x.shape or laid.dtype != x.dtype or laid.device != x.device:
        return False
    return bool(((laid == x) | (x != x)).all())


def layout_of(x: Tensor) -> str:
    """The layout that ``x`` has, as near as a name says it."""
    if x.is_conj() or x.is_neg():
        return "conjugated" if x.is_conj() else "negated"
    if x.is_contiguous():
        return "offset" if x.storage_offset() else "contiguous"
    strides = [x.stride(axis) for axis in _longer(x)]
    if 0 in strides:
        return "expanded" if len(strides) == 1 or any(strides) else "uniform"
    if x.dim() in _CHANNELS_LAST and x.is_contiguous(memory_format=_CHANNELS_LAST[x.dim()]):
        return "channels_last"
    return _strided(x)


def _strided(x: Tensor) -> str:
    """The name of a layout that is told by its strides alone."""
    if x.dim() >= 2 and x.mT.is_contiguous():
        return "transposed"
    if x.dim() >= 3 and x.transpose(0, 1).is_contiguous():
        return "permuted"
    return "narrowed" if x.stride(-1) == 1 else "sliced"

"""Memory layouts: the same values, laid out in ways that kernels like to get wrong."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

_CHANNELS_LAST = {4: torch.channels_last, 5: torch.channels_last_3d}


def _contiguous(x: Tensor) -> Tensor:
    return x.contiguous()


def _transposed(x: Tensor) -> Tensor:
    """The last two axes swapped in memory."""
    return x.mT.contiguous().mT


def _sliced(x: Tensor) -> Tensor:
    """Every second element of a larger buffer, from its second on: an offset and a stride of 2.

    What lies between is NaN (zero for integers, which may be indices), so reading it does not go unseen.
    """
    between = float("nan") if x.is_floating_point() or x.is_complex() else 0
    buffer = x.new_full((*x.shape[:-1], 2 * x.shape[-1] + 1), between)
    view = buffer[..., 1::2]
    view.copy_(x)
    return view


def _expanded(x: Tensor) -> Tensor:
    """Stride 0 along the first axis longer than 1: its first entry, repeated. The values change."""
    axis = _longer(x)[0]
    return x.narrow(axis, 0, 1).contiguous().expand(x.shape)


def _channels_last(x: Tensor) -> Tensor:
    """Channels innermost in memory."""
    return x.contiguous(memory_format=_CHANNELS_LAST[x.dim()])


def _longer(x: Tensor) -> list[int]:
    return [axis for axis, size in enumerate(x.shape) if size > 1]


_LAYOUTS: dict[str, tuple[Callable[[Tensor], Tensor], Callable[[Tensor], bool]]] = {
    "contiguous": (_contiguous, lambda x: True),
    "transposed": (_transposed, lambda x: x.dim() >= 2 and min(x.shape[-2:]) > 1),
    "sliced": (_sliced, lambda x: x.dim() >= 1 and x.numel() > 0),
    "expanded": (_expanded, lambda x: x.numel() > 1),
    "channels_last": (_channels_last, lambda x: x.dim() in _CHANNELS_LAST and x.numel() > 0),
}

LAYOUTS = tuple(_LAYOUTS)


def fits(name: str, x: Tensor) -> bool:
    """Whether ``x`` can be laid out so, and would differ from contiguous."""
    return _LAYOUTS[name][1](x)


def lay_out(x: Tensor, name: str) -> Tensor:
    """``x`` in the layout ``name``, in fresh memory; ``x`` must fit it. Only ``expanded`` changes values."""
    return _LAYOUTS[name][0](x)


def layout_of(x: Tensor) -> str:
    """The layout that ``x`` has, as near as a name says it."""
    if x.is_contiguous():
        return "contiguous"
    if 0 in x.stride():
        return "expanded"
    if x.dim() in _CHANNELS_LAST and x.is_contiguous(memory_format=_CHANNELS_LAST[x.dim()]):
        return "channels_last"
    return "transposed" if x.dim() >= 2 and x.mT.is_contiguous() else "sliced"

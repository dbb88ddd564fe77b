"""Tensors as plain records, exact to the bit and laid out as they are, and back."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor

from gradsuite.errors import UsageError
from gradsuite.flight import MOST
from gradsuite.inputs.layouts import layout_of
from gradsuite.results import Array, Memory

WIDEST = 8  # times the elements of a tensor: of a larger memory only the part from first to last element is kept


def array(name: str, tensor: Tensor, requires_grad: bool = False) -> Array:
    """A tensor as an exact, plain record; one with more than MOST elements, or with none of its own, has none there."""
    kept = not tensor.is_meta and tensor.numel() <= MOST
    plain = resolved(tensor).cpu() if kept else tensor.detach().to("meta")
    return Array(
        name=name,
        dtype=str(tensor.dtype).removeprefix("torch."),
        shape=tuple(tensor.shape),
        layout=layout_of(tensor),
        requires_grad=requires_grad,
        hex=tuple(map(_hex, plain.reshape(-1).tolist())) if kept else (),
        text=_text(plain),
        memory=_memory(tensor.detach()) if kept else None,
    )


def tensor(record: Array, device: torch.device | None = None) -> Tensor:
    """The tensor of a record. Raises UsageError where its elements were not kept, or the record is damaged."""
    dtype = getattr(torch, record.dtype, None)
    if not isinstance(dtype, torch.dtype):
        raise UsageError(f"this torch has no dtype {record.dtype!r}, which {record.name!r} has")
    try:
        if math.prod(record.shape) > MOST:
            raise ValueError(f"it has the shape {record.shape}, and more elements than are kept")
        if record.memory is None:
            return _values(record.hex, dtype).reshape(record.shape).to(device)
        return _laid_out(record.memory, record.shape, dtype, device)
    except (RuntimeError, ValueError, OverflowError, TypeError) as error:
        raise UsageError(f"the record of {record.name!r} is damaged: {str(error).splitlines()[0]}") from None


def same(a: Tensor, b: Tensor) -> bool:
    """Whether two tensors have one shape and the same numbers; NaN is NaN."""
    return a.shape == b.shape and bool(((a == b) | (a.isnan() & b.isnan())).all())


def resolved(tensor: Tensor) -> Tensor:
    """The tensor, detached, with nothing left to conjugate or to negate."""
    return tensor.detach().resolve_conj().resolve_neg()


def is_plain(tensor: Tensor) -> bool:
    """Whether shape and elements alone say how the tensor lies in memory."""
    lazy = tensor.is_conj() or tensor.is_neg()
    return not tensor.numel() or (tensor.is_contiguous() and not tensor.storage_offset() and not lazy)


def memory(tensor: Tensor) -> tuple[Tensor, int]:
    """The memory of a tensor without marks, flat, and the offset of its first element there."""
    whole = _whole(tensor)
    if whole is not None and len(whole) <= WIDEST * tensor.numel():
        return whole, int(tensor.storage_offset())
    length = 1 + sum((size - 1) * stride for size, stride in zip(tensor.shape, tensor.stride(), strict=True))
    return tensor.as_strided((length,), (1,)), 0


def _whole(tensor: Tensor) -> Tensor | None:
    """All of a tensor's memory; None on a device that hands out none, as one out of torch's tree need not."""
    try:
        return torch.empty(0, dtype=tensor.dtype, device=tensor.device).set_(tensor.untyped_storage())
    except RuntimeError:
        return None


def unmarked(tensor: Tensor) -> Tensor:
    """The tensor without the marks of lazy conjugation and negation: what its memory holds."""
    unconjugated = tensor.conj() if tensor.is_conj() else tensor
    return torch._neg_view(unconjugated) if unconjugated.is_neg() else unconjugated


def _memory(tensor: Tensor) -> Memory | None:
    if is_plain(tensor):
        return None
    bare = unmarked(tensor)
    flat, offset = memory(bare)
    return Memory(
        strides=bare.stride(), offset=offset, hex=tuple(map(_hex, flat.cpu().tolist())),
        conj=tensor.is_conj(), neg=tensor.is_neg(),
    )  # fmt: skip


def _laid_out(kept: Memory, shape: tuple[int, ...], dtype: torch.dtype, device: torch.device | None) -> Tensor:
    found = _values(kept.hex, dtype).to(device).as_strided(shape, kept.strides, kept.offset)
    found = torch._neg_view(found) if kept.neg else found
    return found.conj() if kept.conj else found


def _values(texts: Iterable[str], dtype: torch.dtype) -> Tensor:
    read = _complex if dtype.is_complex else float.fromhex if dtype.is_floating_point else int
    return torch.tensor([read(text) for text in texts], dtype=dtype)


def _complex(text: str) -> complex:
    real, _, imaginary = text.partition(",")
    return complex(float.fromhex(real), float.fromhex(imaginary))


def _hex(value: complex | float | int | bool) -> str:
    if isinstance(value, complex):
        return f"{value.real.hex()},{value.imag.hex()}"
    return value.hex() if isinstance(value, float) else str(int(value))


def _text(plain: Tensor) -> str:
    if plain.is_meta:
        return f"{plain.numel()} elements"
    if plain.numel() > 64:
        return f"{plain.numel()} elements, first {plain.reshape(-1)[:8].tolist()}"
    return str(plain.tolist())

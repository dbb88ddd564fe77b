"""Ways in which a kernel reads memory, right or wrong, whatever torch knows of strides and marks."""

from __future__ import annotations

import torch


def dense(x: torch.Tensor) -> torch.Tensor:
    """Read as if contiguous: from the first element on, one after the other."""
    return x.as_strided(x.shape, _strides(x), x.storage_offset())


def from_the_beginning(x: torch.Tensor) -> torch.Tensor:
    """Read with its strides, but from the beginning of its memory."""
    return x.as_strided(x.shape, x.stride(), 0)


def packed_rows(x: torch.Tensor) -> torch.Tensor:
    """Read as if each row began where the one before it ends; the stride within rows is heeded."""
    strides = [stride * x.stride(-1) for stride in _strides(x)] if x.dim() > 1 else x.stride()
    return x.as_strided(x.shape, strides, x.storage_offset()) if 0 not in x.stride() else x


def unresolved(x: torch.Tensor) -> torch.Tensor:
    """Read without the marks of lazy views."""
    plain = x.conj() if x.is_conj() else x
    return torch._neg_view(plain) if plain.is_neg() else plain


def _strides(x: torch.Tensor) -> tuple[int, ...]:
    return torch.empty(x.shape, device="meta").stride()

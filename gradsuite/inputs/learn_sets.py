"""On which set alone a callable's gradient fits, learnt from an example that lies on it.

An example that is symmetric may be so by chance of its writer, or because the callable asks for it: one that reads a
triangle, or the eigenvalues, has no derivative across the set. So the callable is asked whether its gradient fits off
the set as well; where it does, the example says nothing.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from gradsuite.inputs.manifolds import is_definite

Asks = Callable[[Tensor], bool]  # something that is asked of the callable at such a value of the input


def learn_set(x: Tensor, finite: Asks, fits: Asks) -> str | None:
    """The manifold that ``x`` lies on and that the callable needs, or None. ``finite``: whether values are finite."""
    if not _is_symmetric(x):
        return None
    definite = not x.is_complex() and is_definite(x)
    word = "hermitian" if x.is_complex() else "positive_definite" if definite else "symmetric"
    indefinite = x - x.diagonal(dim1=-2, dim2=-1).mean(-1)[..., None, None] * torch.eye(
        x.shape[-1], dtype=x.dtype, device=x.device
    )
    if not (fits(x) and fits(x.tril() + x.triu(1) / 2)):
        return word
    return word if definite and finite(indefinite) and not fits(indefinite) else None


def _is_symmetric(x: Tensor) -> bool:
    """Whether the last two dimensions of ``x`` are exactly symmetric (complex: Hermitian), and not diagonal alone."""
    if x.dim() < 2 or x.shape[-1] != x.shape[-2] or not (x.is_floating_point() or x.is_complex()):
        return False
    return torch.equal(x, x.mH) and bool(x.triu(1).any())

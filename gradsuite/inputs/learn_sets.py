"""On which set alone a callable's gradient fits, learnt from an example that lies on it.

An example that is symmetric may be so by chance of its writer, or because the callable asks for it: one that reads a
triangle, or the eigenvalues, has no derivative across the set. So the callable is asked whether its gradient fits off
the set as well; where it does, the example says nothing. Nor does it where the values off the set are those of no
symmetric matrix: the callable reads all of it, and a transpose may be missing in its backward.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from gradsuite.inputs.manifolds import is_definite

Asks = Callable[[Tensor], bool]  # something that is asked of the callable at such a value of the input


def learn_set(x: Tensor, finite: Asks, fits: Asks, same: Callable[[Tensor, Tensor], bool]) -> str | None:
    """The manifold that ``x`` lies on and that the callable needs, or None.

    ``finite``: whether values are finite; ``fits``: whether the gradient does not disagree with differences; ``same``:
    whether the values at one matrix are those at the other.
    """
    if not is_symmetric(x):
        return None
    definite = not x.is_complex() and is_definite(x)
    word = "hermitian" if x.is_complex() else "positive_definite" if definite else "symmetric"
    beside = x.tril() + x.triu(1) / 2
    if not fits(x):
        return word
    if not fits(beside):
        return word if not finite(beside) or any(same(beside, each) for each in _symmetrised(beside)) else None
    return word if definite and finite(indefinite(x)) and not fits(indefinite(x)) else None


def indefinite(x: Tensor) -> Tensor:
    """A symmetric matrix less so much of its diagonal that some eigenvalues are negative."""
    mean = x.diagonal(dim1=-2, dim2=-1).mean(-1)[..., None, None]
    return x - mean * torch.eye(x.shape[-1], dtype=x.dtype, device=x.device)


def _symmetrised(x: Tensor) -> tuple[Tensor, ...]:
    """The matrices for which ``x`` may be taken: by its lower triangle, its upper one, or both."""
    return x.tril() + x.tril(-1).mH, x.triu() + x.triu(1).mH, (x + x.mH) / 2


def is_symmetric(x: Tensor) -> bool:
    """Whether the last two dimensions of ``x`` are exactly symmetric (complex: Hermitian), and not diagonal alone."""
    if x.dim() < 2 or x.shape[-1] != x.shape[-2] or not (x.is_floating_point() or x.is_complex()):
        return False
    return torch.equal(x, x.mH) and bool(x.triu(1).any())

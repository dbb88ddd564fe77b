"""Sets on which alone an op is defined: matrices of one kind, vectors of length 1, shares that sum to 1.

Off such a set the values of an op, and its gradient, mean nothing: a Cholesky factor may read one triangle only. So the
op is put after the projection onto the set, which is smooth and leaves its points as they are. Autograd and differences
then move along the set alone, and what the gradient has across it does not count (Absil, Mahony and Sepulchre,
Optimization Algorithms on Matrix Manifolds, 2008, section 3.6).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Manifold:
    """A set by the projection onto it, and the domain around it in which the projection is defined."""

    project: Callable[[Tensor], Tensor]
    around: str | None = None


MANIFOLDS: Mapping[str, Manifold] = {
    "symmetric": Manifold(lambda x: (x + x.mT) / 2),
    "antisymmetric": Manifold(lambda x: (x - x.mT) / 2),
    "hermitian": Manifold(lambda x: (x + x.mH) / 2),
    "lower": Manifold(torch.tril),
    "upper": Manifold(torch.triu),
    "sphere": Manifold(lambda x: x / torch.linalg.vector_norm(x, dim=-1, keepdim=True)),
    "simplex": Manifold(lambda x: x / x.sum(-1, keepdim=True), "positive"),
}


def onto(fn: Callable[..., object], manifolds: Sequence[Manifold | None]) -> Callable[..., object]:
    """``fn`` after the projection of each of its inputs that has a manifold."""

    def projected(*tensors: Tensor, **arguments: object) -> object:
        pairs = zip(tensors, manifolds, strict=True)
        return fn(*(x if manifold is None else manifold.project(x) for x, manifold in pairs), **arguments)

    return projected

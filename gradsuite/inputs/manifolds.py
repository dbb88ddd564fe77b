"""Sets on which alone an op is defined: matrices of one kind, vectors of length 1, shares that sum to 1.

Off such a set the values of an op, and its gradient, mean nothing: a Cholesky factor may read one triangle only. So the
op is put after the projection onto the set, which is smooth and leaves its points as they are. Autograd and differences
then move along the set alone, and what the gradient has across it does not count (Absil, Mahony and Sepulchre,
Optimization Algorithms on Matrix Manifolds, 2008, section 3.6).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from gradsuite.numerics.precision import widen


@dataclass(frozen=True)
class Manifold:
    """A set by the projection onto it, and the domain around it in which the projection is defined.

    ``holds`` says whether a point that was projected belongs, where the set has an end.
    """

    project: Callable[[Tensor], Tensor]
    around: str | None = None
    holds: Callable[[Tensor], bool] = lambda x: True


def _symmetric(x: Tensor) -> Tensor:
    return (x + x.mT) / 2


def is_definite(x: Tensor) -> bool:
    """Whether the symmetric matrices of ``x`` have a Cholesky factor in double precision."""
    return bool(torch.isfinite(x).all()) and not bool(torch.linalg.cholesky_ex(widen(x.detach())).info.any())


MANIFOLDS: Mapping[str, Manifold] = {
    "symmetric": Manifold(_symmetric),
    "positive_definite": Manifold(_symmetric, "positive_definite", is_definite),
    "antisymmetric": Manifold(lambda x: (x - x.mT) / 2),
    "hermitian": Manifold(lambda x: (x + x.mH) / 2),
    "lower": Manifold(torch.tril),
    "upper": Manifold(torch.triu),
    "sphere": Manifold(lambda x: x / torch.linalg.vector_norm(x, dim=-1, keepdim=True)),
    "simplex": Manifold(lambda x: x / x.sum(-1, keepdim=True), "positive"),
}


def onto(fn: Callable[..., object], sets: Mapping[int, str]) -> Callable[..., object]:
    """``fn`` after the projections of its arguments: ``sets`` names the manifold of each that has one, by place.

    Raises KeyError where there is no such manifold.
    """

    chosen = {place: MANIFOLDS[word].project for place, word in sets.items()}

    def projected(*tensors: Tensor, **arguments: object) -> object:
        return fn(*(chosen[place](x) if place in chosen else x for place, x in enumerate(tensors)), **arguments)

    return projected if chosen else fn


def belongs(tensors: Mapping[str, Tensor | None], sets: Mapping[str, str]) -> bool:
    """Whether each of the inputs that ``sets`` names belongs to its manifold, once projected."""
    found = [(MANIFOLDS[word], tensors[name]) for name, word in sets.items()]
    return all(x is None or manifold.holds(manifold.project(x)) for manifold, x in found)

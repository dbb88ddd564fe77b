"""Second derivatives: the slope <t, vjp(x; ct)> differentiated once more along a second tangent w."""

from __future__ import annotations

import numpy as np
import torch

from gradsuite.errors import Unsupported
from gradsuite.numerics.noise import Noise
from gradsuite.numerics.precision import inner, paired, widen
from gradsuite.routes.differences import Line, flat
from gradsuite.routes.natural import Numbers
from gradsuite.routes.point import Point
from gradsuite.routes.reverse import gradients

UNSUPPORTED = (
    "is not implemented",
    "not implemented for",
    "once_differentiable",
    "does not require grad",
    "double backward",
    "don't support automatic differentiation",
)


def reverse_over_reverse(point: Point, cotangents: list[torch.Tensor]) -> dict[str, torch.Tensor]:
    """d/dx <t, vjp(x; ct)> for each differentiable input, zeros where the first gradient is constant in it.

    Raises Unsupported where the backward cannot itself be differentiated.
    """
    leaves, outputs = point.graph
    if not point.selected:
        raise Unsupported("no output carries a gradient")
    wanted = [leaf for name in point.names if (leaf := leaves[name]) is not None]
    # A backward marked once_differentiable says so only where its cotangent requires grad, too.
    weights = [ct.detach().requires_grad_() for ct in cotangents]
    try:
        first = torch.autograd.grad(point.select(outputs), wanted, weights, create_graph=True, allow_unused=True)
        if any(_refuses(g) for g in first if g is not None):
            raise Unsupported("the backward is marked once_differentiable")
        slope = sum(
            inner(g, point.tangents[name])
            for name, g in zip(point.names, first, strict=True)
            if g is not None and g.requires_grad
        )
        if not isinstance(slope, torch.Tensor):
            return {name: torch.zeros_like(leaf) for name, leaf in zip(point.names, wanted, strict=True)}
        second = torch.autograd.grad(slope, wanted, retain_graph=True, allow_unused=True)
    except (RuntimeError, NotImplementedError) as error:
        if any(words in str(error) for words in UNSUPPORTED):
            raise Unsupported(str(error).splitlines()[0]) from error
        raise
    return {
        name: torch.zeros_like(leaf) if g is None else g
        for name, leaf, g in zip(point.names, wanted, second, strict=True)
    }


def _refuses(gradient: torch.Tensor) -> bool:
    """Whether the node that made ``gradient`` stands for an error: autograd.grad would prune it and tell nobody."""
    return gradient.grad_fn is not None and "Error" in gradient.grad_fn.name()


def curvature(point: Point, cotangents: list[torch.Tensor]) -> torch.Tensor:
    """<w, d/dx <t, vjp(x; ct)>>, 0-d float64."""
    found = reverse_over_reverse(point, cotangents)
    pairs = ((widen(found[name].detach()), widen(w)) for name, w in point.second_tangents.items())
    return paired(pairs)


def as_numbers(point: Point, cotangents: list[torch.Tensor], noise: Noise | None) -> Numbers:
    """The curvature as a computation whose natural error can be taken."""
    return {"curvature": curvature(point, cotangents)}


class GradientLine(Line):
    """<t, vjp(x + h w; ct)> as a function of h: the line whose slope is the curvature."""

    def __init__(self, point: Point) -> None:
        self._point = point.wide
        self._tangents = dict(self._point.second_tangents)
        self._weigh(list(self._point.tangents.values()))

    def outputs(self, step: float) -> np.ndarray:
        """The gradient at x + step w, flat, float64."""
        twin = self._point.at(self.shifted(step))
        with torch.enable_grad():
            found = gradients(twin, self._point.cotangents)
        return flat([found[name] for name in self._point.names])

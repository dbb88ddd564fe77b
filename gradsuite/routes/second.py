"""Second derivatives as autograd computes them: the gradient <t, vjp(x; ct)> differentiated along another tangent w."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch.autograd import forward_ad

from gradsuite.errors import Unsupported
from gradsuite.numerics.precision import Format, inner, paired, widen
from gradsuite.routes import forward_mode, graph
from gradsuite.routes.line import Line, flat
from gradsuite.routes.point import Point
from gradsuite.routes.reverse import gradients

Tangents = Mapping[str, torch.Tensor]  # by input; one that is left out does not move

UNSUPPORTED = (
    "is not implemented",
    "not implemented for",
    "once_differentiable",
    "does not require grad",
    "double backward",
    "don't support automatic differentiation",
)


def first_gradients(point: Point, weights: Sequence[torch.Tensor]) -> list[torch.Tensor | None]:
    """The vector-Jacobian product for each differentiable input, with the graph that the backward leaves behind.

    ``weights`` are cotangents that require grad: only then says a backward marked once_differentiable what it is.
    Raises Unsupported where the backward refuses to be differentiated, or no output carries a gradient.
    """
    leaves, outputs = point.graph
    if not point.selected:
        raise Unsupported("no output carries a gradient")
    wanted = [leaf for name in point.names if (leaf := leaves[name]) is not None]
    found = torch.autograd.grad(point.select(outputs), wanted, weights, create_graph=True, allow_unused=True)
    # A node that stands for an error: autograd.grad would prune it and tell nobody.
    if any("Error" in node.name() for node in graph.nodes(found)):
        raise Unsupported("the backward is marked once_differentiable")
    return list(found)


def reverse_over_reverse(point: Point, cotangents: Sequence[torch.Tensor], t: Tangents) -> dict[str, torch.Tensor]:
    """d/dx <t, vjp(x; ct)> for each differentiable input, zeros where the gradient of ``t``'s inputs is constant in it.

    Raises Unsupported where the backward cannot itself be differentiated.
    """
    weights = [ct.detach().requires_grad_() for ct in cotangents]
    wanted = [leaf for name in point.names if (leaf := point.graph[0][name]) is not None]
    try:
        first = first_gradients(point, weights)
        slope = sum(
            inner(g, t[name].to(g))
            for name, g in zip(point.names, first, strict=True)
            if name in t and g is not None and g.requires_grad
        )
        if not isinstance(slope, torch.Tensor):
            return {name: torch.zeros_like(leaf) for name, leaf in zip(point.names, wanted, strict=True)}
        second = torch.autograd.grad(slope, wanted, retain_graph=True, allow_unused=True)
    except (RuntimeError, NotImplementedError) as error:
        if any(words in str(error) for words in UNSUPPORTED):
            raise Unsupported(str(error).splitlines()[0]) from error
        raise
    return {
        name: torch.zeros_like(leaf) if g is None else g.detach()
        for name, leaf, g in zip(point.names, wanted, second, strict=True)
    }


def forward_over_reverse(point: Point, t: Tangents, w: Tangents) -> float:
    """<t, d/dh vjp(x + h w; ct)>: dual numbers carried through the forward and then through the backward.

    Raises Unsupported where an operation on the way has no forward-mode rule.
    """
    try:
        with forward_ad.dual_level(), torch.enable_grad():
            duals = {
                name: leaf if leaf is None or name not in w else forward_ad.make_dual(leaf, w[name].to(leaf))
                for name, leaf in point.leaves().items()
            }
            wanted = [dual for name in t if (dual := duals[name]) is not None]
            outputs = point.select(point.call(duals))
            # A tangent of zeros, for without one the engine makes a ZeroTensor, which imports the compiler.
            weights = [forward_ad.make_dual(ct, torch.zeros_like(ct)) for ct in point.cotangents]
            # A backward may take a formula that has no derivative where nobody says that one will be asked for.
            found = torch.autograd.grad(outputs, wanted, weights, create_graph=True, allow_unused=True)
            moved = [None if g is None else forward_ad.unpack_dual(g).tangent for g in found]
    except (RuntimeError, NotImplementedError) as error:
        if any(words in str(error) for words in (*UNSUPPORTED, *forward_mode.UNSUPPORTED)):
            raise Unsupported(str(error).splitlines()[0]) from error
        raise
    return pairing(t, {name: g for name, g in zip(t, moved, strict=True) if g is not None})


def pairing(tangents: Tangents, found: Tangents) -> float:
    """The sum over inputs of <tangent, found>, in float64."""
    return paired((widen(g.detach()), widen(tangents[name])) for name, g in found.items() if name in tangents).item()


class GradientLine(Line):
    """<t, vjp(x + h w; ct)> as a function of h: the line whose slope is the second derivative along t and w.

    Where the op returns a narrow dtype, its gradients are rounded in that one, too: they may depend on the outputs.
    """

    def __init__(self, point: Point, t: Tangents, w: Tangents) -> None:
        self.point = point.wide
        self._names, self._tangents = tuple(t), dict(w)
        self._weigh(list(t.values()))
        coarsest = max((Format.of(ct.dtype).unit for ct in self.point.cotangents), default=0.0)
        self.units = np.maximum(self.units, np.abs(self.weights) * coarsest)

    @property
    def here(self) -> np.ndarray:
        """The gradients at the point itself."""
        return self.outputs(0.0)

    def outputs(self, step: float) -> np.ndarray:
        """The gradients of ``t``'s inputs at x + step w, flat, float64."""
        twin = self.point.at(self.shifted(step))
        with torch.enable_grad():
            found = gradients(twin, self.point.cotangents)
        return flat([found[name] for name in self._names])

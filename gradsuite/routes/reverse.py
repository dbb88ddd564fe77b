"""Reverse mode: what autograd's backward says."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from gradsuite.errors import Unsupported
from gradsuite.routes.point import Point


def gradients(
    point: Point, cotangents: Sequence[torch.Tensor] | None = None, used: Sequence[int] | None = None
) -> dict[str, torch.Tensor]:
    """The vector-Jacobian product for each differentiable input, in the input's shape; zeros where not connected.

    ``cotangents`` defaults to the point's own; ``used`` says to which output each belongs, by default one to each that
    carries a gradient. The graph is kept, so this may be called again; for a backward that runs only once, another one
    is made. Raises Unsupported where no output carries a gradient, or the op has no derivative for an input.
    """
    try:
        return through(point, cotangents, used)
    except Unsupported:
        raise
    except Exception:  # whatever a backward raises that finds what it kept gone
        if not point.ran:
            raise
        weights = point.cotangents if cotangents is None else cotangents
        return through(point.at(point.tensors), weights, point.selected if used is None else used)


def through(
    point: Point, cotangents: Sequence[torch.Tensor] | None = None, used: Sequence[int] | None = None
) -> dict[str, torch.Tensor]:
    """The same through the point's own graph, whatever has run through it before."""
    leaves, outputs = point.graph
    if not point.selected:
        raise Unsupported("no output carries a gradient")
    wanted = [leaf for name in point.names if (leaf := leaves[name]) is not None]
    weights = list(point.cotangents if cotangents is None else cotangents)
    weighed = [outputs[i] for i in (point.selected if used is None else used)]
    try:
        found = torch.autograd.grad(weighed, wanted, weights, retain_graph=True, allow_unused=True)
    except RuntimeError as error:
        if "is not implemented" in str(error) or "not implemented for" in str(error):
            raise Unsupported(str(error)) from error
        raise
    point.ran = True
    return {
        name: torch.zeros_like(leaf) if gradient is None else gradient
        for name, leaf, gradient in zip(point.names, wanted, found, strict=True)
    }

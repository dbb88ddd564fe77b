"""Whether anybody promised a second derivative.

A declared derivative promises it, and so do torch's own rules. A custom Function has a backward, which the engine will
differentiate whether its author thought of that or not. Four kinds of backward promise nothing, and are not accused:

- one whose gradient carries no graph though its cotangent requires grad (a kernel, or run under ``no_grad``): who
  differentiates it alone is told so by the engine;
- one that saved intermediate values, which the engine takes for constants: it was written for a first derivative;
- one that is right all around a point, and finite at it: it treats the point apart, as at a kink, by convention;
- one that is given an input of no elements, beside which little is left to differentiate twice.

A gradient whose graph ends in a copy of an input is another matter. Its author did write a second derivative, and it
is that of something else: the copy is not what the caller differentiates. Such a backward pretends, and is wrong,
whatever it saved. So is one that is not finite where a second derivative exists, but for the end of a domain: beside
that, the second derivative must be right.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch

from gradsuite.errors import Unsupported
from gradsuite.routes import graph, second
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.point import Point
from gradsuite.routes.second import Tangents


def is_open(evidence: Evidence) -> bool:
    """Whether it is left open: somebody wrote a backward, and no derivative is declared."""
    definition = evidence.subject.definition
    return not (definition is not None and definition.derivative) and any(graph.custom(evidence.point))


def products(evidence: Evidence, point: Point, t: Tangents) -> dict[str, torch.Tensor]:
    """H t for each differentiable input, by reverse mode over reverse mode; raises Unsupported.

    A backward that somebody wrote for a first derivative refuses a second one in whatever words, and so does any where
    an input has no elements.
    """
    try:
        return second.reverse_over_reverse(point, point.cotangents, t)
    except Exception as error:
        if isinstance(error, Unsupported) or not (is_open(evidence) or _is_empty(point)):
            raise
        raise Unsupported(_refusal(error)) from error


def excuse(evidence: Evidence) -> str:
    """Why no second derivative was promised at this point; empty where one was, or may have been."""
    if not is_open(evidence):
        return ""
    if _is_empty(evidence.point):
        return "an input has no elements here"
    weights = [ct.detach().requires_grad_() for ct in evidence.point.cotangents]
    try:
        first = second.first_gradients(evidence.point, weights)
    except Exception as error:
        return str(error) if isinstance(error, Unsupported) else _refusal(error)
    if not any(gradient is not None and gradient.requires_grad for gradient in first):
        name = next(graph.custom(evidence.point)).name()
        return f"{name} gives a gradient that carries no graph, and so cannot be differentiated again"
    if _ends_in_copy(evidence.point, first, weights):
        return ""
    careless = graph.saves_intermediates(evidence.point)
    return f"{careless} saves intermediate values, and treats them as constants in a second derivative" * bool(careless)


def _is_empty(point: Point) -> bool:
    return any(t is not None and not t.numel() for t in point.tensors.values())


def _refusal(error: Exception) -> str:
    said = (str(error).splitlines() or [type(error).__name__])[0]
    return f"the backward refuses to be differentiated: {said}"


def _ends_in_copy(point: Point, gradients: Iterable[torch.Tensor | None], weights: Sequence[torch.Tensor]) -> bool:
    """Whether the graph of ``gradients`` leads to a leaf that equals an input, and is neither input nor cotangent."""
    leaves = [leaf for leaf in point.graph[0].values() if leaf is not None]
    ends = [node.variable for node in graph.nodes(gradients) if hasattr(node, "variable")]
    strangers = [end for end in ends if not any(end is known for known in (*leaves, *weights))]
    return any(_equal(stranger, leaf) for stranger in strangers for leaf in leaves)


def _equal(left: torch.Tensor, right: torch.Tensor) -> bool:
    return left.shape == right.shape and left.dtype == right.dtype and torch.equal(left, right)

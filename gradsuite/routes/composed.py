"""The op between smooth neighbours: a -> phi(f(x + s (a + a**2 / 2))) around a = 0, where the op stands at x itself.

Where f stands alone, its cotangent is a constant and its input a leaf, and a second derivative asks only half of its
double backward. Here the cotangent depends on the output, and the input on something else.
"""

from __future__ import annotations

from dataclasses import replace

import torch

from gradsuite.numerics.precision import widen
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.point import Point
from gradsuite.sample import Sample, Subject
from gradsuite.subject import Call, Tensors

SHARE = 0.25  # of the tangent: a + a**2 / 2 then stays within the room that the tangent has


def composed(evidence: Evidence) -> Evidence:
    """The evidence for the composition, at a = 0, in the same dtype; s is a share of the point's own tangent."""
    point = evidence.point
    subject = Subject(evidence.subject.name, _between(point), None, evidence.subject.random)
    start = {name: torch.zeros_like(point.primal(name)) for name in point.names}
    return Evidence(subject, replace(evidence.sample, tensors={**point.tensors, **start}, layouts={}))


def _between(point: Point) -> Call:
    sizes = [_size(output) for output in point.select(point.outputs)]
    spans = {name: SHARE * tangent.abs() for name, tangent in point.tangents.items()}

    def call(tensors: Tensors, sample: Sample) -> tuple[torch.Tensor, ...]:
        moved = {
            name: point.primal(name).to(a) + spans[name].to(a) * (a + a * a / 2)
            for name, a in tensors.items()
            if name in spans and a is not None
        }
        outputs = point.subject.call({**tensors, **moved}, point.sample)
        # phi(y) = y + y**2 / (4 max|y|): its slope lies between 1/2 and 3/2, and is nowhere constant.
        return tuple(y + y * (y / (4 * size)) for y, size in zip(point.select(outputs), sizes, strict=True))

    return call


def _size(output: torch.Tensor) -> float:
    """The largest finite magnitude; 1 where there is none but zero."""
    sizes = widen(output).abs().nan_to_num(nan=0.0, posinf=0.0)
    return (float(sizes.max()) if sizes.numel() else 0.0) or 1.0

"""A sample once more, with infinities in some of its inputs."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import replace

import torch

from gradsuite.inputs.region import region
from gradsuite.sample import Sample
from gradsuite.spec.definition import Definition


def infinite(sample: Sample, names: Collection[str], sign: float, *, every: int) -> Sample:
    """The sample with an infinity of ``sign`` at each ``every``-th entry of the inputs ``names``, in order."""
    changed = {}
    for name in names:
        x = sample.tensors[name]
        assert x is not None
        flat = x.detach().clone(memory_format=torch.contiguous_format)
        flat.view(-1)[::every] = sign * math.inf
        changed[name] = flat
    return replace(sample, tensors={**sample.tensors, **changed}, layouts={}, profile="special")


def unbounded(definition: Definition | None, sample: Sample, name: str, sign: float) -> bool:
    """Whether the domain of an input has no end on the side of ``sign``."""
    if definition is None:
        return True
    found = region(definition.inputs[name].domain, {**sample.arguments, **sample.symbols})
    end = found.bounds.high if sign > 0 else -found.bounds.low
    return found.kind.shape is None and math.isinf(end)

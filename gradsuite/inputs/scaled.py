"""A sample once more, some of its inputs times a power of ten."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import torch

from gradsuite.inputs.conditions import accepts
from gradsuite.inputs.region import region
from gradsuite.numerics.precision import Format, widen
from gradsuite.sample import Sample
from gradsuite.spec.definition import Definition


def scaled(
    definition: Definition | None, sample: Sample, names: Sequence[str], powers: Sequence[int]
) -> Iterator[tuple[int, Sample]]:
    """Each of ``powers`` with the sample in which ``names`` are larger by it.

    A power is left out where the dtype cannot hold the values as normal numbers, or the domain forbids them.
    """
    for power in powers:
        found = {name: _times(sample.tensors[name], power) for name in names}
        larger = replace(sample, tensors={**sample.tensors, **found}, layouts={}, profile="scaled")
        held = all(Format.of(x.dtype).holds(x) for x in found.values())
        if held and (definition is None or _inside(definition, larger, names)):
            yield power, larger


def _times(x: torch.Tensor | None, power: int) -> torch.Tensor:
    assert x is not None
    return (widen(x.detach()) * 10.0**power).to(x.dtype).contiguous()


def _inside(definition: Definition, sample: Sample, names: Sequence[str]) -> bool:
    scope = {**sample.arguments, **sample.symbols}
    for name in names:
        found, x = region(definition.inputs[name].domain, scope), sample.tensors[name]
        assert x is not None
        if found.kind.shape is not None or not bool(found.holds(x).all()):
            return False
    return accepts(definition, sample)

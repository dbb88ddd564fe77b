"""How far a step may go: the clearance of a domain, and the declared kinks that must not be crossed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from gradsuite.numerics.precision import widen
from gradsuite.sample import Sample
from gradsuite.spec import domains
from gradsuite.spec.definition import Definition
from gradsuite.spec.formula import evaluate
from gradsuite.spec.lower import Scope
from gradsuite.subject import TORCH

REACH = 0.25  # the largest step that the differences take, in units of the tangent
SHRINK, SHRINKINGS = 2.0**-16, 72  # from the largest tangent to the smallest, in steps


def clearance(definition: Definition, name: str, values: torch.Tensor, sample: Sample) -> torch.Tensor | None:
    """Distance of each element of input ``name`` to where its domain ends; None where it does not end."""
    domain = definition.inputs[name].domain
    names: dict[str, Any] = {**sample.arguments, **sample.symbols}
    parameters = [evaluate(parameter, names, TORCH) for parameter in domain.parameters]
    found: torch.Tensor | None = domains.get(domain.name).clearance(values, *parameters)
    return found


def hold_back(
    definition: Definition, sample: Sample, tensors: Mapping[str, Any], tangents: dict[str, torch.Tensor]
) -> dict[str, torch.Tensor]:
    """``tangents`` made shorter, element by element, until no step of REACH crosses a declared kink.

    An element that lies on a kink does not move at all.
    """
    if not definition.kinks:
        return tangents
    wide = {name: None if t is None else widen(t) for name, t in tensors.items()}
    for name, tangent in tangents.items():
        tangents[name] = torch.where(spread(on_kink(definition, sample, wide), tangent), 0, tangent)
    for _ in range(SHRINKINGS):
        crossed = _crossed(definition, sample, wide, tangents)
        if not any(mask.any() for mask in crossed):
            break
        for name, tangent in tangents.items():
            tangents[name] = torch.where(spread(crossed, tangent), tangent * SHRINK, tangent)
    return tangents


def on_kink(definition: Definition, sample: Sample, tensors: Mapping[str, Any]) -> list[torch.Tensor]:
    """For each declared kink, where its ``at`` is exactly zero."""
    return [sign == 0 for sign in _sides(definition, sample, tensors)]


def _crossed(
    definition: Definition, sample: Sample, wide: Mapping[str, Any], tangents: Mapping[str, torch.Tensor]
) -> list[torch.Tensor]:
    here = _sides(definition, sample, wide)
    moved = [
        _sides(definition, sample, {**wide, **{n: wide[n] + side * REACH * widen(t) for n, t in tangents.items()}})
        for side in (-1, 1)
    ]
    return [(a != h) | (b != h) for h, a, b in zip(here, *moved, strict=True)]


def _sides(definition: Definition, sample: Sample, tensors: Mapping[str, Any]) -> list[torch.Tensor]:
    scope = Scope(definition, tensors, sample.arguments, sample.symbols, {}, TORCH)
    return [torch.sign(torch.as_tensor(evaluate(kink.at, scope, TORCH))) for kink in definition.kinks]


def spread(masks: list[torch.Tensor], like: torch.Tensor) -> torch.Tensor:
    """Which elements of ``like`` take part in any of ``masks``: broadcast axes are reduced, other shapes hold all."""
    result = torch.zeros(like.shape, dtype=torch.bool)
    for mask in masks:
        try:
            result |= mask.sum_to_size(like.shape) > 0 if mask.dim() >= like.dim() else mask.expand(like.shape)
        except RuntimeError:
            result |= mask.any()
    return result

"""Samples with elements exactly on a declared kink."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch
from hypothesis import reject
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from torch import Tensor

from gradsuite.inputs.blueprint import Blueprint
from gradsuite.inputs.conditions import accepts, scope_of, torch_value
from gradsuite.inputs.effort import effort
from gradsuite.inputs.region import region
from gradsuite.inputs.sampler import Sampler
from gradsuite.inputs.strategies import drawn_from
from gradsuite.sample import Sample
from gradsuite.spec.definition import Definition, Kink

_PROFILES = ("normal", "integers", "normal", "ties")
_SECANT_STEPS = 6


def on_kinks(
    definition: Definition, *, dtype: torch.dtype, device: torch.device, profile: str = "default"
) -> SearchStrategy[Sample]:
    """Samples of which some elements, not all where there are many, lie on a kink: its ``at`` is exactly zero there.

    One kink and one input are chosen; elements of that input are moved onto the kink by the secant method. Small
    integers and ties often lie there already. A sample that cannot be moved onto a kink is rejected.
    """
    return _on_kinks(Sampler(Blueprint(definition, effort(profile)), dtype, device, _PROFILES))


def touched(definition: Definition, kink: Kink, sample: Sample) -> Tensor:
    """Which elements of the formula ``at``, in double precision, are exactly zero: a boolean tensor of its shape."""
    wide = replace(sample, tensors={name: _wide(x) for name, x in sample.tensors.items()})
    return torch.as_tensor(torch_value(kink.at, scope_of(definition, wide)) == 0)


@st.composite
def _on_kinks(draw: DrawFn, sampler: Sampler) -> Sample:
    definition = sampler.definition
    sample = draw(drawn_from(sampler))
    first = draw(st.integers(0, max(0, len(definition.kinks) - 1)))
    for kink in definition.kinks[first:] + definition.kinks[:first]:
        for moved in _moved(definition, kink, sample):
            if bool(touched(definition, kink, moved).any()) and accepts(definition, moved):
                return moved
    reject()


def _moved(definition: Definition, kink: Kink, sample: Sample) -> Iterator[Sample]:
    """The sample with every other element of one input on the kink, then the sample as it was drawn."""
    for name in sample.tensors:
        if name in kink.at.names and name in sample.differentiable:
            root = _root(definition, kink, sample, name)
            if root is not None:
                yield root
    yield sample


def _root(definition: Definition, kink: Kink, sample: Sample, name: str) -> Sample | None:
    x = sample.tensors[name]
    assert x is not None
    found = None if x.numel() == 0 or x.is_complex() else _secant(definition, kink, sample, name, x)
    if found is None:
        return None
    every_other = (torch.arange(x.numel(), device=x.device) % 2 == 0).reshape(x.shape)
    inside = region(definition.inputs[name].domain, {**sample.symbols, **sample.arguments}).holds(found)
    tensors = {**sample.tensors, name: torch.where(every_other & inside & torch.isfinite(found), found, x)}
    return replace(sample, tensors=tensors, layouts={**sample.layouts, name: "contiguous"})


def _secant(definition: Definition, kink: Kink, sample: Sample, name: str, x: Tensor) -> Tensor | None:
    """Where ``at`` is zero as a function of each element of ``x`` alone: exact for the pieces that are straight."""
    before, now = x.double(), x.double() + 0.5
    left = _at(definition, kink, sample, name, before)
    for _ in range(_SECANT_STEPS):
        right = _at(definition, kink, sample, name, now)
        if left is None or right is None:
            return None
        step = torch.where(right == left, 0.0, right * (now - before) / (right - left))
        before, left, now = now, right, now - step
    return now.to(x.dtype)


def _at(definition: Definition, kink: Kink, sample: Sample, name: str, x: Tensor) -> Tensor | None:
    """The formula ``at`` in float64 where ``name`` is ``x``, in the shape of ``x``."""
    wide = {other: _wide(t) for other, t in sample.tensors.items()}
    value = torch_value(kink.at, scope_of(definition, replace(sample, tensors={**wide, name: x})))
    return _like(torch.as_tensor(value, dtype=torch.float64, device=x.device), x)


def _wide(x: Tensor | None) -> Tensor | None:
    if x is None or not (x.is_floating_point() or x.is_complex()):
        return x
    return x.to(torch.complex128 if x.is_complex() else torch.float64)


def _like(value: Tensor, x: Tensor) -> Tensor | None:
    """``value`` in the shape of ``x``: its first entries along axes over which ``x`` broadcasts; None if that fails."""
    if value.numel() == 0:
        return None
    while value.dim() > x.dim():
        value = value[0]
    for axis in range(-value.dim(), 0):
        if x.shape[axis] == 1 < value.shape[axis]:
            value = value.narrow(axis, 0, 1)
    fits = value.dim() <= x.dim() and all(
        size in (1, x.shape[axis]) for axis, size in enumerate(value.shape, -value.dim())
    )
    return value.expand(x.shape) if fits else None

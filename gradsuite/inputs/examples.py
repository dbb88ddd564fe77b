"""Samples around a user's own tensors, where there is no spec: the tensors, then the same shapes with other values."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import torch
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from torch import Tensor

from gradsuite.errors import UsageError
from gradsuite.inputs import layouts
from gradsuite.inputs.blueprint import Blueprint
from gradsuite.inputs.effort import effort
from gradsuite.inputs.sampler import PROFILES, Sampler
from gradsuite.inputs.strategies import drawn_from
from gradsuite.sample import Sample
from gradsuite.spec.definition import Axis, Definition, Domain, Input
from gradsuite.spec.domain_text import parse_domain
from gradsuite.spec.formula import parse

MODERATE = tuple(name for name in PROFILES if name in ("normal", "integers", "ties", "edge"))


def example_definition(
    tensors: Sequence[Tensor],
    names: Sequence[str],
    domains: Sequence[Domain | str | None],
    *,
    constant: Collection[str] = (),
    **declared: Any,
) -> Definition:
    """A definition whose inputs have exactly the shapes of ``tensors``; what shrinking needs of examples.

    A domain is one as in a spec (``"interval(0, 1)"``). Without one an integer tensor keeps between its least and its
    greatest element, a boolean one is boolean, any other is real. ``constant`` names inputs that are never
    differentiated; ``declared`` sets other fields of the definition.

    Raises UsageError where the lists differ in length, FormulaError where a domain cannot be read.
    """
    if not len(tensors) == len(names) == len(domains):
        raise UsageError(f"{len(tensors)} tensors, {len(names)} names and {len(domains)} domains: give one of each")
    inputs = {
        name: Input(tuple(Axis(parse(str(size))) for size in x.shape), _domain(domain, x))
        for name, x, domain in zip(names, tensors, domains, strict=True)
    }
    fixed = {name for name, x in zip(names, tensors, strict=True) if not (x.is_floating_point() or x.is_complex())}
    return Definition(**{**_EMPTY, "inputs": inputs, "constant_inputs": frozenset(fixed.union(constant)), **declared})


def from_examples(
    tensors: Sequence[Tensor],
    names: Sequence[str],
    domains: Sequence[Domain | str | None],
    *,
    dtype: torch.dtype,
    device: torch.device,
    constant: Collection[str] = (),
    profiles: Sequence[str] = MODERATE,
) -> SearchStrategy[Sample]:
    """First the examples as they are, rounded to ``dtype``; then their shapes with other values and layouts.

    Names, domains and ``constant`` are those of ``example_definition``. Floating and complex tensors become ``dtype``,
    integer ones int64 in what is drawn. Values stay moderate unless ``profiles`` says otherwise: nothing is known of
    the function.
    """
    definition = example_definition(tensors, names, domains, constant=constant)
    sampler = Sampler(Blueprint(definition, effort("default")), dtype, device, tuple(profiles))
    return _around(_example(tensors, definition, dtype, device), sampler)


@st.composite
def _around(draw: DrawFn, example: Sample, sampler: Sampler) -> Sample:
    kind = draw(st.integers(0, 7))
    return draw(drawn_from(sampler)) if kind else example


def _example(tensors: Sequence[Tensor], definition: Definition, dtype: torch.dtype, device: torch.device) -> Sample:
    moved = {
        name: x.detach().to(device, dtype if x.is_floating_point() or x.is_complex() else x.dtype)
        for name, x in zip(definition.inputs, tensors, strict=True)
    }
    return Sample(
        tensors=moved,
        arguments={name: choices[0] for name, choices in definition.arguments.items()},
        differentiable=tuple(name for name in moved if name not in definition.constant_inputs),
        seed=0,
        profile="example",
        layouts={name: layouts.layout_of(x) for name, x in moved.items()},
    )


def _domain(given: Domain | str | None, x: Tensor) -> Domain:
    if given is not None:
        return parse_domain(given) if isinstance(given, str) else given
    if x.dtype == torch.bool:
        return Domain("boolean", text="boolean")
    if x.is_floating_point() or x.is_complex():
        return Domain("real", text="real")
    low, high = (int(x.min()), int(x.max())) if x.numel() else (0, 0)
    return Domain("integer", (parse(str(low)), parse(str(high))), f"integer({low}, {high})")


_EMPTY: Mapping[str, Any] = {
    "name": "",
    "arguments": {},
    "call": None,
    "require": (),
    "let": {},
    "forward": {},
    "surrogate": None,
    "derivative": {},
    "kinks": (),
    "edge": (),
    "equals": {},
    "identities": {},
    "node": None,
    "atomic": True,
    "inplace": None,
    "constant_outputs": frozenset(),
    "draws": (),
    "module": None,
}

"""The edge samples that a spec declares, in a dtype."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from gradsuite.inputs.matching import match
from gradsuite.inputs.region import plain_numbers, region
from gradsuite.inputs.sampler import differentiable
from gradsuite.inputs.structure import Structure, shapes
from gradsuite.sample import Sample
from gradsuite.spec.definition import Definition, Edge
from gradsuite.spec.domains import get


@dataclass(frozen=True)
class EdgeSample:
    """A declared edge sample: ``sample`` as tensors, or why the dtype cannot hold it in ``skipped``."""

    edge: Edge
    sample: Sample | None
    skipped: str = ""


class _NotHeld(Exception):
    """A declared value is not in the dtype."""


def edges(definition: Definition, *, dtype: torch.dtype, device: torch.device) -> list[EdgeSample]:
    """The edge samples of ``definition``, in the order in which they are declared.

    Numbers are rounded to ``dtype``; a sample is skipped, with the reason, where a finite number would overflow, one
    that is not zero would become zero, or a complex one would lose its imaginary part. An argument that an edge leaves
    out takes its first alternative; an input that it leaves out is None, or the plainest number of its domain.

    Raises UsageError where shapes do not fit those declared.
    """
    return list(_each(definition, dtype, device))


def samples_of(definition: Definition, *, dtype: torch.dtype, device: torch.device) -> list[Sample]:
    """The edge samples that ``dtype`` can hold."""
    return [found.sample for found in _each(definition, dtype, device) if found.sample is not None]


def _each(definition: Definition, dtype: torch.dtype, device: torch.device) -> Iterator[EdgeSample]:
    for edge in definition.edge:
        try:
            yield EdgeSample(edge, _sample(definition, edge, dtype, device))
        except _NotHeld as reason:
            yield EdgeSample(edge, None, str(reason))


def _sample(definition: Definition, edge: Edge, dtype: torch.dtype, device: torch.device) -> Sample:
    given = {
        name: _tensor(name, edge.values[name], _dtype(definition, name, dtype)).to(device)
        for name in definition.inputs
        if edge.values.get(name) is not None
    }
    arguments = {name: edge.values.get(name, choices[0]) for name, choices in definition.arguments.items()}
    symbols = match(definition, {name: tuple(x.shape) for name, x in given.items()}, arguments)
    absent = frozenset(name for name, found in definition.inputs.items() if found.optional and name not in given)
    missing = _plainest(definition, Structure(symbols, arguments, absent), given, dtype, device)
    tensors = {name: given.get(name, missing.get(name)) for name in definition.inputs}
    return Sample(
        tensors=tensors,
        arguments=arguments,
        differentiable=differentiable(definition, tensors),
        seed=0,
        variant=definition.name,
        profile="edge",
        layouts={name: "contiguous" for name, x in tensors.items() if x is not None},
        symbols=symbols,
        expect=edge.expect,
    )


def _plainest(
    definition: Definition, structure: Structure, given: Mapping[str, Tensor], dtype: torch.dtype, device: torch.device
) -> dict[str, Tensor]:
    found: dict[str, Tensor] = {}
    for name, shape in shapes(definition, structure).items():
        if shape is not None and name not in given:
            number = plain_numbers(region(definition.inputs[name].domain, structure.scope))[0]
            found[name] = torch.full(shape, number, dtype=_dtype(definition, name, dtype), device=device)
    return found


def _dtype(definition: Definition, name: str, dtype: torch.dtype) -> torch.dtype:
    kind = get(definition.inputs[name].domain.name).kind
    return {"real": dtype, "integer": torch.int64, "boolean": torch.bool}[kind]


def _tensor(name: str, nested: Any, dtype: torch.dtype) -> Tensor:
    if dtype in (torch.int64, torch.bool):
        return torch.tensor(nested, dtype=dtype)
    wide = torch.tensor(_numbers(nested), dtype=torch.complex128)
    if not dtype.is_complex and bool((wide.imag != 0).any()):
        raise _NotHeld(f"{dtype} cannot hold the imaginary parts of {name}")
    exact = wide if dtype.is_complex else wide.real
    rounded = exact.to(dtype)
    if bool((torch.isfinite(exact) & ~torch.isfinite(rounded)).any()):
        raise _NotHeld(f"{dtype} cannot hold {name}: a finite value overflows")
    if bool(((exact != 0) & (rounded == 0)).any()):
        raise _NotHeld(f"{dtype} cannot hold {name}: a value underflows to zero")
    return rounded


def _numbers(nested: Any) -> Any:
    """Numbers in nested lists as complex ones; text as Python writes them (``"1+2j"``)."""
    if isinstance(nested, list | tuple):
        return [_numbers(item) for item in nested]
    return complex(nested)

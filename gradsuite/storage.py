"""The sample of a failure or of an error, put into its record and taken out of it again."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import torch
from torch import Tensor

from gradsuite.arrays import array, same, tensor
from gradsuite.errors import UsageError
from gradsuite.flight import MOST
from gradsuite.inputs.edges import samples_of
from gradsuite.results import Failure, Origin, Stored, Told, digest
from gradsuite.sample import Sample, Subject
from gradsuite.spec.definition import Definition

Anything = TypeVar("Anything", bound=Told)


def store(
    told: Anything, sample: Sample, *, case: str, origin: Origin, shielded: bool = False, shown: bool = False
) -> Anything:
    """What is told of ``sample``, with its id and what a replay needs.

    ``shielded``: whether the op was kept from overwriting it; ``shown``: whether the inputs told are another sample's.
    """
    present = {name: x for name, x in sample.tensors.items() if x is not None}
    lost = next(filter(None, (_too_large(name, x) for name, x in present.items())), "")
    found = None if lost else Stored(
        seed=sample.seed, profile=sample.profile, differentiable=sample.differentiable, symbols=dict(sample.symbols),
        shielded=shielded, origin=origin,
        inputs=tuple(array(name, x) for name, x in present.items()) if shown else None,
    )  # fmt: skip
    named = told.model_copy(update={"stored": found, "not_stored": lost})
    return named.model_copy(update={"id": _id(named, case)})


def _too_large(name: str, x: Tensor) -> str:
    """Why the numbers of an input are not kept; empty where they are."""
    if x.numel() > MOST:
        return f"{name} has {x.numel():,} elements: at most {MOST:,} are kept"
    return f"{name} lies in a memory of more than {MOST:,} elements, which are not kept" if x.is_meta else ""


def _id(told: Told, case: str) -> str:
    """The same wherever and whenever the same goes wrong in the same case at the same sample."""
    stored = "" if told.stored is None else told.stored.model_dump_json()
    inputs = [each.model_dump_json() for each in told.inputs]
    what = told.comparison if isinstance(told, Failure) else ""
    parts = [case, what, *inputs, _named(str(told.arguments)), stored]
    return digest("\n".join(parts))


def restore(told: Told, subject: Subject, *, dtype: str, device: torch.device) -> Sample:
    """The stored sample of ``subject``, on ``device``. Raises UsageError where it does not fit."""
    stored, definition = told.stored, subject.definition
    assert stored is not None and definition is not None
    inputs = told.inputs if stored.inputs is None else stored.inputs
    known = {each.name: tensor(each, device) for each in inputs}
    _refuse_others(definition, known, stored.differentiable)
    sample = Sample(
        tensors={name: known.get(name) for name in definition.inputs},
        arguments={name: _argument(name, told.arguments, definition) for name in definition.arguments},
        differentiable=stored.differentiable, seed=stored.seed, variant=told.variant, profile=stored.profile,
        layouts={each.name: each.layout for each in inputs}, symbols=stored.symbols,
    )  # fmt: skip
    return sample if stored.profile != "edge" else _at_edge(sample, definition, dtype, device)


def _refuse_others(definition: Definition, known: Mapping[str, Tensor], moving: Sequence[str]) -> None:
    """Raises UsageError where the op's inputs are not those recorded."""
    needed = {name for name, given in definition.inputs.items() if not given.optional}
    if not needed <= set(known) <= set(definition.inputs) or not set(moving) <= set(known):
        raise UsageError(f"its inputs are {', '.join(definition.inputs)}, but recorded are {', '.join(known)}")


def _argument(name: str, recorded: Mapping[str, str], definition: Definition) -> Any:
    """The declared value that was recorded: nothing that a record says is called unless somebody here declared it."""
    declared = [*definition.arguments[name], *(edge.values[name] for edge in definition.edge if name in edge.values)]
    same = [value for value in declared if _named(repr(value)) == _named(recorded.get(name, ""))]
    if not same:
        raise UsageError(f"its argument {name} = {recorded.get(name)} is not among those that are declared")
    return same[0]


def _named(text: str) -> str:
    """``text`` without addresses in memory."""
    return re.sub(r" at 0x[0-9a-f]+", "", text)


def _at_edge(sample: Sample, definition: Definition, dtype: str, device: torch.device) -> Sample:
    """The sample with what is expected there today."""
    for found in samples_of(definition, dtype=getattr(torch, dtype), device=device):
        if found.arguments == sample.arguments and all(map(_same, found.tensors.values(), sample.tensors.values())):
            return replace(sample, expect=found.expect)
    raise UsageError("the spec no longer lists this edge sample")


def _same(a: Tensor | None, b: Tensor | None) -> bool:
    if a is None or b is None:
        return a is b
    return same(a, b)

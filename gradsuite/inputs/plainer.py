"""The plainest sample that still fails: smaller shapes, then plainer memory, then plainer values.

Works on a sample itself, not on what Hypothesis drew, so that any known failure can start it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from gradsuite.inputs import layouts
from gradsuite.inputs.conditions import accepts
from gradsuite.inputs.digits import candidates
from gradsuite.inputs.fill import rounded
from gradsuite.inputs.region import plain_numbers, region
from gradsuite.inputs.resize import Cut, cropped, cut_structure, cuts, dropped, structure_of
from gradsuite.inputs.sampler import differentiable
from gradsuite.inputs.structure import Shape, Structure, feasible, shapes
from gradsuite.sample import Sample
from gradsuite.spec.definition import Definition

_ROUNDS = 4
_ELEMENTWISE = 48  # larger tensors become plain in blocks alone


def smaller(definition: Definition, sample: Sample) -> Iterator[Sample]:
    """Samples of smaller shapes made of ``sample`` that the definition admits, the smallest first."""
    return Plainer(definition, lambda _: False).smaller(sample)


class Plainer:
    """Makes a sample plainer while ``fails`` holds for it; asks only for samples that the definition admits."""

    def __init__(self, definition: Definition, fails: Callable[[Sample], bool]) -> None:
        self._definition, self._fails = definition, fails

    def plainest(self, sample: Sample) -> Sample:
        """The plainest sample reached from ``sample``, for which ``fails`` is known to hold."""
        for _ in range(_ROUNDS):
            before = sample
            for simpler in (self._smaller, self._argued, self._present, self._laid):
                sample = self._descend(sample, simpler)
            sample = self._valued(sample)
            if sample is before:
                break
        return sample

    def smaller(self, sample: Sample) -> Iterator[Sample]:
        """Corners of the sample that the definition admits."""
        return filter(self._admits, self._smaller(sample))

    def _descend(self, sample: Sample, simpler: Callable[[Sample], Iterable[Sample]]) -> Sample:
        """Takes the first simpler sample that fails, and goes on from there until none does."""
        while True:
            plainer = next((found for found in simpler(sample) if self._admits(found) and self._fails(found)), None)
            if plainer is None:
                return sample
            sample = plainer

    def _admits(self, sample: Sample) -> bool:
        return accepts(self._definition, sample)

    def _smaller(self, sample: Sample) -> Iterator[Sample]:
        structure = structure_of(self._definition, sample)
        for cut, last in itertools.product(cuts(sample.symbols), (False, True)):
            found = self._cut(sample, structure, cut, last)
            if found is not None:
                yield found

    def _cut(self, sample: Sample, structure: Structure, cut: Cut, last: bool) -> Sample | None:
        def shorter(name: str, x: Tensor, shape: Shape) -> Tensor | None:
            return cropped(dropped(self._definition, name, x, structure, cut, last=last), shape, last=last)

        return self._resized(sample, cut_structure(structure, cut), shorter)

    def _resized(
        self, sample: Sample, structure: Structure, resize: Callable[[str, Tensor, Shape], Tensor | None]
    ) -> Sample | None:
        """The sample in another structure, each input resized; None where one does not reach."""
        found = shapes(self._definition, structure)
        if not feasible(self._definition, structure, found):
            return None
        tensors: dict[str, Tensor | None] = {}
        for name, x in sample.tensors.items():
            shape = found[name]
            if x is None or shape is None:
                tensors[name] = None
                continue
            kept = resize(name, x, shape)
            if kept is None and x.numel():
                return None
            tensors[name] = (
                self._plain(name, x, shape, structure) if kept is None else self._inside(name, kept, structure)
            )
        return _laid_out(replace(sample, symbols=structure.symbols, arguments=structure.arguments), tensors)

    def _plain(self, name: str, x: Tensor, shape: Shape, structure: Structure) -> Tensor:
        """The plainest number of the domain, for an input that was empty."""
        number = plain_numbers(region(self._definition.inputs[name].domain, structure.scope))[0]
        return x.new_full(shape, number)

    def _inside(self, name: str, x: Tensor, structure: Structure) -> Tensor:
        """Indices into a dimension that became smaller wrap around; probabilities sum to one again."""
        found = region(self._definition.inputs[name].domain, structure.scope)
        if found.kind.shape is not None:
            return rounded(x.double().cpu().numpy(), found, x.dtype).to(x.device)
        if found.kind.kind != "integer":
            return x
        low, count = int(found.bounds.low), max(1, int(found.bounds.high - found.bounds.low) + 1)
        return torch.where(found.holds(x), x, low + (x - low) % count)

    def _argued(self, sample: Sample) -> Iterator[Sample]:
        """Earlier alternatives of each argument; inputs whose shape depends on it are cropped."""
        structure = structure_of(self._definition, sample)
        for name, given in self._definition.arguments.items():
            for other in _before(sample.arguments[name], given):
                argued = replace(structure, arguments={**sample.arguments, name: other})
                found = self._resized(sample, argued, lambda _, x, shape: cropped(x, shape, last=False))
                if found is not None:
                    yield found

    def _present(self, sample: Sample) -> Iterator[Sample]:
        """Optional inputs left out."""
        for name, given in self._definition.inputs.items():
            if given.optional and sample.tensors[name] is not None:
                tensors = {**sample.tensors, name: None}
                kept = tuple(other for other in sample.differentiable if other != name)
                found = replace(
                    sample, tensors=tensors, differentiable=kept or differentiable(self._definition, tensors)
                )
                structure = structure_of(self._definition, found)
                if feasible(self._definition, structure, shapes(self._definition, structure)):
                    yield found

    def _laid(self, sample: Sample) -> Iterator[Sample]:
        """Contiguous memory: for all inputs, then for each."""
        strange = [name for name, layout in sample.layouts.items() if layout != "contiguous"]
        for names in [strange, *([name] for name in strange if len(strange) > 1)]:
            if names:
                labels = {**sample.layouts, **dict.fromkeys(names, "contiguous")}
                yield _laid_out(replace(sample, layouts=labels), sample.tensors)

    def _valued(self, sample: Sample) -> Sample:
        """Plainer numbers: whole tensors, then halves, ..., then each element."""
        for name in sample.tensors:
            x = sample.tensors[name]
            for start, end in _blocks(0 if x is None else x.numel()):
                sample = self._plain_block(sample, name, start, end)
        return sample

    def _plain_block(self, sample: Sample, name: str, start: int, end: int) -> Sample:
        x = sample.tensors[name]
        assert x is not None
        scope = {**sample.symbols, **sample.arguments}
        for plainer in candidates(x, start, end, region(self._definition.inputs[name].domain, scope)):
            found = _laid_out(sample, {**sample.tensors, name: plainer})
            if self._admits(found) and self._fails(found):
                return found
        return sample


def _laid_out(sample: Sample, tensors: Mapping[str, Tensor | None]) -> Sample:
    """The sample with these tensors in its own layouts, where they still fit."""
    present = {name: x for name, x in tensors.items() if x is not None}
    wanted = {name: sample.layouts.get(name, "contiguous") for name in present}
    labels = {name: wanted[name] if layouts.fits(wanted[name], x) else "contiguous" for name, x in present.items()}
    laid = {name: layouts.lay_out(x, labels[name]) for name, x in present.items()}
    return replace(sample, tensors={name: laid.get(name) for name in tensors}, layouts=labels)


def _blocks(count: int) -> Iterator[tuple[int, int]]:
    """All elements, the halves, the quarters, ...; single elements where they are few."""
    length = count
    while length > 1 or (length == 1 and count <= _ELEMENTWISE):
        yield from ((start, min(start + length, count)) for start in range(0, count, length))
        length = -(-length // 2) if length > 1 else 0


def _before(current: object, given: tuple[Any, ...]) -> Iterator[Any]:
    """The alternatives ahead of the current one; True and 1 are not the same."""
    for value in given:
        if type(value) is type(current) and value == current:
            return
        yield value

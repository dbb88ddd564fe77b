"""Reads the structure of a sample from a tape: sizes with 0 and 1 among them, broadcasting, arguments."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from random import Random

from gradsuite.errors import UsageError
from gradsuite.inputs.effort import MAX_RANK, Effort
from gradsuite.inputs.structure import Narrow, Place, Shape, Size, Structure, feasible, shapes, symbols, widened
from gradsuite.inputs.tape import Tape
from gradsuite.spec.definition import Definition

_POOL = 96  # feasible structures kept for a definition whose requirements most drawn ones miss
_TRIES = 4000
_EMPTY_ONE_IN = 16  # samples with a size of zero
_NARROW_ONE_IN = 4  # axes that broadcast


class Blueprint:
    """The structures of a definition. What is read is always feasible: nothing needs to be rejected."""

    def __init__(self, definition: Definition, effort: Effort) -> None:
        self.definition, self.effort = definition, effort
        self._symbols = symbols(definition)
        self._places = tuple(
            (name, number)
            for name, given in definition.inputs.items()
            for number, axis in enumerate(given.shape)
            if axis.broadcast
        )
        tape = Tape()
        self._read(tape)
        self._length = tape.position
        self.length = self._length + 1

    def read(self, tape: Tape) -> tuple[Structure, dict[str, Shape | None]]:
        """A feasible structure and its shapes; always reads ``length`` bytes.

        Raises UsageError where no sizes and arguments meet the requirements.
        """
        structure = self._read(tape)
        found = shapes(self.definition, structure)
        other = tape.byte()
        if feasible(self.definition, structure, found):
            return structure, found
        return self._pool[other % len(self._pool)]

    @cached_property
    def _pool(self) -> list[tuple[Structure, dict[str, Shape | None]]]:
        """Feasible structures, smallest first; the same ones in every run."""
        random, pool = Random(0), []
        for _ in range(_TRIES):
            structure = self._read(Tape(random.randbytes(self._length)))
            found = shapes(self.definition, structure)
            if feasible(self.definition, structure, found):
                pool.append((structure, found))
            if len(pool) == _POOL:
                break
        if not pool:
            required = "; ".join(formula.text for formula in self.definition.require)
            raise UsageError(
                f"no sizes and arguments were found that meet the requirements: {required or 'of the domains'}"
            )
        return sorted(pool, key=lambda pair: _elements(pair[1]))

    def _read(self, tape: Tape) -> Structure:
        drawn = {name: self._size(tape, variadic) for name, variadic in self._symbols.items()}
        structure = Structure(
            symbols=self._with_zero(tape, drawn),
            arguments={name: given[tape.choose(len(given))] for name, given in self.definition.arguments.items()},
            absent=self._absent(tape),
            narrow={place: self._narrow(tape, place) for place in self._places},
        )
        return self._within(widened(self.definition, structure))

    def _size(self, tape: Tape, variadic: bool) -> Size:
        sizes = self.effort.sizes
        if not variadic:
            return sizes[tape.choose(len(sizes))]
        rank = self.effort.ranks[tape.choose(len(self.effort.ranks))]
        return tuple([sizes[tape.choose(len(sizes))] for _ in range(MAX_RANK)][:rank])

    def _with_zero(self, tape: Tape, drawn: Mapping[str, Size]) -> dict[str, Size]:
        """Now and then one size is zero."""
        empty, which = tape.choose(_EMPTY_ONE_IN) == _EMPTY_ONE_IN - 1, tape.byte()
        places = [(name, place) for name, size in drawn.items() for place in _places(size)]
        if not (empty and places):
            return dict(drawn)
        name, place = places[which % len(places)]
        return {**drawn, name: _set(drawn[name], place, 0)}

    def _absent(self, tape: Tape) -> frozenset[str]:
        """Optional inputs are left out in one sample of four, and in the plainest one."""
        optional = [name for name, given in self.definition.inputs.items() if given.optional]
        return frozenset([name for name in optional if tape.choose(4) == 0])

    def _narrow(self, tape: Tape, place: Place) -> Narrow:
        lead, ones = tape.choose(2 * _NARROW_ONE_IN), 0
        for bit in range(MAX_RANK):
            ones |= (tape.choose(_NARROW_ONE_IN) == _NARROW_ONE_IN - 1) << bit
        name, number = place
        variadic = self.definition.inputs[name].shape[number].variadic
        return Narrow(max(0, lead - 2 * _NARROW_ONE_IN + MAX_RANK) if variadic else 0, ones)

    def _within(self, structure: Structure) -> Structure:
        """The structure with its largest sizes lowered until each input has at most ``effort.elements``."""
        while _elements(shapes(self.definition, structure)) > self.effort.elements:
            drawn = structure.symbols
            places = [(_at(size, place), name, place) for name, size in drawn.items() for place in _places(size)]
            size, name, place = max(places, default=(0, "", 0))
            if size <= 1:
                break  # sizes that are not ours to lower
            structure = replace(structure, symbols={**drawn, name: _set(drawn[name], place, size - 1)})
        return structure


def _places(size: Size) -> range:
    return range(len(size)) if isinstance(size, tuple) else range(1)


def _at(size: Size, place: int) -> int:
    return size[place] if isinstance(size, tuple) else size


def _set(size: Size, place: int, value: int) -> Size:
    return (*size[:place], value, *size[place + 1 :]) if isinstance(size, tuple) else value


def _elements(found: Mapping[str, Shape | None]) -> int:
    return max((math.prod(shape) for shape in found.values() if shape is not None), default=0)

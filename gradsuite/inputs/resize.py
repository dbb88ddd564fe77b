"""A sample cut down to a smaller structure: each input keeps a corner of itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor

from gradsuite.inputs.structure import Narrow, Place, Size, Structure, axis_sizes
from gradsuite.sample import Sample
from gradsuite.spec.definition import Axis, Definition


@dataclass(frozen=True)
class Cut:
    """One symbol changed: at ``place`` of its sizes, to ``size``, or left out where that is None (variadic)."""

    symbol: str
    place: int
    size: int | None


def cuts(symbols: Mapping[str, Size]) -> Iterator[Cut]:
    """Plainer sizes to try, the boldest first. One is the plainest: plainer than zero."""
    for name, given in symbols.items():
        for place, size in enumerate(given if isinstance(given, tuple) else (given,)):
            if isinstance(given, tuple):
                yield Cut(name, place, None)
            for plainer in _plainer(size):
                yield Cut(name, place, plainer)


def _plainer(size: int) -> list[int]:
    """One, two, four, ..., for small is soon tried; then ever less taken away: half of it, a quarter, ..., one."""
    halvings = range(1, size.bit_length())
    return sorted({1, *(1 << k for k in halvings), *(size - (size >> k) for k in halvings)} - {0, size})


def structure_of(definition: Definition, sample: Sample) -> Structure:
    """The structure that a sample has: how its inputs broadcast is read from their shapes."""
    bare = Structure(sample.symbols, sample.arguments, frozenset(n for n, x in sample.tensors.items() if x is None))
    narrow: dict[Place, Narrow] = {}
    for name, x in sample.tensors.items():
        for number, axis, sizes, actual in _axes(definition, name, x, bare.scope):
            if axis.broadcast:
                narrow[name, number] = _narrowing(sizes, actual)
    return replace(bare, narrow=narrow)


def cut_structure(structure: Structure, cut: Cut) -> Structure:
    """The structure after the cut; how inputs broadcast goes with their sizes."""
    given = structure.symbols[cut.symbol]
    if not isinstance(given, tuple):
        assert cut.size is not None
        return replace(structure, symbols={**structure.symbols, cut.symbol: cut.size})
    kept = () if cut.size is None else (cut.size,)
    sizes = (*given[: cut.place], *kept, *given[cut.place + 1 :])
    narrow = structure.narrow
    if cut.size is None:
        narrow = {place: _without(found, cut.place) for place, found in narrow.items()}
    return replace(structure, symbols={**structure.symbols, cut.symbol: sizes}, narrow=narrow)


def cropped(x: Tensor, shape: tuple[int, ...], *, last: bool) -> Tensor | None:
    """The first corner of ``x``, or its last, of this shape; None where ``x`` does not reach."""
    if x.dim() != len(shape) or any(size > had for size, had in zip(shape, x.shape, strict=True)):
        return None
    for axis, size in enumerate(shape):
        x = x.narrow(axis, x.shape[axis] - size if last else 0, size)
    return x


def dropped(definition: Definition, name: str, x: Tensor, structure: Structure, cut: Cut, *, last: bool) -> Tensor:
    """``x`` without the axis that the cut leaves out: its first entry there, or its last."""
    start = 0
    for _, axis, sizes, actual in _axes(definition, name, x, structure.scope):
        place = cut.place - (len(sizes) - len(actual)) if axis.size.text == cut.symbol else -1
        if cut.size is None and axis.variadic and place >= 0:
            return x.select(start + place, -1 if last else 0) if actual[place] else x
        start += len(actual)
    return x


def _axes(
    definition: Definition, name: str, x: Tensor | None, scope: Mapping[str, Any]
) -> Iterator[tuple[int, Axis, tuple[int, ...], tuple[int, ...]]]:
    """Each axis with its number, its full sizes, and the sizes that ``x`` has there."""
    if x is None:
        return
    words = definition.inputs[name].shape
    full = [axis_sizes(axis, scope, Narrow()) for axis in words]
    absent = sum(map(len, full)) - x.dim()
    start = 0
    for number, (axis, sizes) in enumerate(zip(words, full, strict=True)):
        length = len(sizes) - (absent if axis.variadic else 0)
        yield number, axis, sizes, tuple(x.shape[start : start + length])
        start += length


def _narrowing(sizes: tuple[int, ...], actual: tuple[int, ...]) -> Narrow:
    lead = len(sizes) - len(actual)
    ones = sum(1 << lead + place for place, size in enumerate(actual) if size == 1 != sizes[lead + place])
    return Narrow(lead, ones)


def _without(narrow: Narrow, place: int) -> Narrow:
    low = narrow.ones & ((1 << place) - 1)
    return Narrow(narrow.lead - (place < narrow.lead), low | ((narrow.ones >> (place + 1)) << place))

"""The structure of a sample: sizes of the shape symbols, arguments, and the shape of each input that follows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from gradsuite.inputs import conditions
from gradsuite.spec.definition import Axis, Definition
from gradsuite.spec.domains import get

Size = int | tuple[int, ...]
Shape = tuple[int, ...]
Place = tuple[str, int]  # an input, and the number of one of its axes


@dataclass(frozen=True)
class Narrow:
    """How an input broadcasts: ``lead`` sizes left out in front, and size 1 where a bit of ``ones`` is set."""

    lead: int = 0
    ones: int = 0


@dataclass(frozen=True)
class Structure:
    """``symbols``: sizes by symbol, a tuple for a variadic one. ``absent``: optional inputs that are None."""

    symbols: Mapping[str, Size]
    arguments: Mapping[str, Any]
    absent: frozenset[str] = frozenset()
    narrow: Mapping[Place, Narrow] = field(default_factory=dict)

    @property
    def scope(self) -> dict[str, Any]:
        """Sizes and arguments by name, for formulas."""
        return {**self.symbols, **self.arguments}


def symbols(definition: Definition) -> dict[str, bool]:
    """The shape symbols, in order of appearance, each with whether it is variadic."""
    found: dict[str, bool] = {}
    for axis in (axis for given in definition.inputs.values() for axis in given.shape):
        for name in sorted(axis.size.names - definition.arguments.keys()):
            found[name] = found.get(name, False) or axis.variadic
    return found


def axis_sizes(axis: Axis, scope: Mapping[str, Any], narrow: Narrow) -> Shape:
    """The sizes for which one word of a shape stands, narrowed where it broadcasts."""
    value = conditions.number(axis.size, scope)
    full: Shape = tuple(value) if axis.variadic else (value,)
    if not axis.broadcast:
        return full
    kept = tuple(1 if narrow.ones >> place & 1 else size for place, size in enumerate(full))
    return kept[narrow.lead :] if axis.variadic else kept


def shapes(definition: Definition, structure: Structure) -> dict[str, Shape | None]:
    """The shape of each input, None for an absent one."""
    scope = structure.scope
    return {
        name: None
        if name in structure.absent
        else tuple(
            size
            for number, axis in enumerate(given.shape)
            for size in axis_sizes(axis, scope, structure.narrow.get((name, number), Narrow()))
        )
        for name, given in definition.inputs.items()
    }


def broadcast_uses(definition: Definition, present: Iterable[str]) -> dict[str, list[Place]]:
    """For each symbol that only ever broadcasts: where. Together these places must make its full sizes."""
    uses: dict[str, list[Place]] = {}
    strict: set[str] = set()
    for name in present:
        for number, axis in enumerate(definition.inputs[name].shape):
            if axis.broadcast:
                uses.setdefault(axis.size.text, []).append((name, number))
            else:
                strict |= axis.size.names
    return {symbol: places for symbol, places in uses.items() if symbol not in strict}


def widened(definition: Definition, structure: Structure) -> Structure:
    """The structure, with narrowing undone where nothing would be left of a size."""
    narrow = dict(structure.narrow)
    present = [name for name in definition.inputs if name not in structure.absent]
    for symbol, places in broadcast_uses(definition, present).items():
        value = structure.symbols[symbol]
        for place in range(len(value) if isinstance(value, tuple) else 1):
            if all(_left_out(narrow.get(use, Narrow()), place) for use in places):
                narrow[places[0]] = _with(narrow[places[0]], place)
    return Structure(structure.symbols, structure.arguments, structure.absent, narrow)


def _left_out(narrow: Narrow, place: int) -> bool:
    return place < narrow.lead or bool(narrow.ones >> place & 1)


def _with(narrow: Narrow, place: int) -> Narrow:
    return Narrow(min(narrow.lead, place), narrow.ones & ~(1 << place))


def feasible(definition: Definition, structure: Structure, found: Mapping[str, Shape | None]) -> bool:
    """Whether inputs of these shapes exist: no negative size, an index for each element, requirements met."""
    present = {name: shape for name, shape in found.items() if shape is not None}
    if any(not isinstance(size, int) or size < 0 for shape in present.values() for size in shape):
        return False
    scope = structure.scope
    if not all(_has_values(definition, name, shape, scope) for name, shape in present.items()):
        return False
    required = conditions.of_shapes(definition)
    if any(formula.names & definition.inputs.keys() for formula in required):
        scope |= {name: None if shape is None else torch.empty(shape) for name, shape in found.items()}
    return all(conditions.holds(formula, scope) for formula in required)


def _has_values(definition: Definition, name: str, shape: Shape, scope: Mapping[str, Any]) -> bool:
    domain = definition.inputs[name].domain
    kind = get(domain.name)
    if kind.kind != "integer" or 0 in shape:
        return True
    bounds = kind.bounds(*conditions.parameters(domain, scope))
    return bool(bounds.low <= bounds.high)

"""What a spec declares, piece by piece, so that what all variants share is told once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from gradsuite.catalogue import prose
from gradsuite.spec.definition import Definition, Spec
from gradsuite.spec.node import Where
from gradsuite.spec.shapes import written

_OF_THE_VALUE = ("forward", "let", "surrogate", "derivative", "kink", "identity", "equals")


@dataclass(frozen=True)
class Item:
    """One declared thing; two are the same if kind, name and text are. ``where`` is its key below the variant's."""

    kind: str
    name: str
    text: str
    where: Where = field(compare=False)
    value: Any = field(compare=False, repr=False)
    definition: Definition = field(compare=False, repr=False)


@dataclass(frozen=True)
class Part:
    """What is shared by all variants (``name`` is empty), or what one variant has beside it.

    ``definition`` is that of the variant, or of the only one.
    """

    name: str
    items: tuple[Item, ...]
    definition: Definition | None

    def of(self, kind: str) -> list[Item]:
        """The items of one kind."""
        return [item for item in self.items if item.kind == kind]


def parts(spec: Spec) -> list[Part]:
    """First what is shared; where there are variants, then the rest of each."""
    variants = {definition.name: list(items(definition)) for definition in spec.definitions}
    first, *others = variants.values()
    common = [item for item in first if all(item in other for other in others)]
    shared = _without_loose_ends(common) if _kind(first, "forward") - _kind(common, "forward") else common
    if not others:
        return [Part("", tuple(shared), spec.definitions[0])]
    rest = [Part(each.name, _without(variants[each.name], shared), each) for each in spec.definitions]
    return [Part("", tuple(shared), None), *rest]


def _kind(every: Sequence[Item], kind: str) -> set[Item]:
    return {item for item in every if item.kind == kind}


def _without_loose_ends(common: Sequence[Item]) -> list[Item]:
    """Without what says something of a value, where that is another one in each variant."""
    return [item for item in common if item.kind not in _OF_THE_VALUE]


def _without(every: Sequence[Item], shared: Sequence[Item]) -> tuple[Item, ...]:
    return tuple(item for item in every if item not in shared)


def items(definition: Definition) -> Iterator[Item]:
    """Everything that ``definition`` declares of the op's mathematics."""
    for kind, name, text, where, value in (*_given(definition), *_function(definition), *_held(definition)):
        yield Item(kind, name, text, where, value, definition)


_Piece = tuple[str, str, str, Where, Any]


def _given(definition: Definition) -> Iterator[_Piece]:
    """What the op takes."""
    for name, given in definition.inputs.items():
        text = f"{written(given.shape)}; {given.domain.text}; {given.optional}; {name in definition.constant_inputs}"
        yield "input", name, text, ("inputs", name), given
    for name, values in definition.arguments.items():
        yield "argument", name, repr(values), ("arguments", name), values
    for place, condition in enumerate(definition.require):
        yield "require", "", condition.text, ("require", place), condition


def _function(definition: Definition) -> Iterator[_Piece]:
    """What it computes, and how that changes."""
    single = "y" in definition.forward
    for name, each in definition.forward.items():
        yield "forward", name, each.text, ("forward",) if single else ("forward", name), each
    for name, each in definition.let.items():
        yield "let", name, each.text, ("let", name), each
    if definition.surrogate is not None:
        yield "surrogate", "", definition.surrogate.text, ("surrogate",), definition.surrogate
    for name, derivative in definition.derivative.items():
        text = f"{derivative.form.value} {derivative.along}: {derivative.formula.text}"
        yield "derivative", name, text, ("derivative", name), derivative
    for place, kink in enumerate(definition.kinks):
        held = {name: each.text for name, each in kink.convention.items()}
        yield "kink", "", f"{kink.at.text}: {held}", ("kinks", place), kink


def _held(definition: Definition) -> Iterator[_Piece]:
    """What must hold beside the derivative, and samples at the edge."""
    for name, (left, right) in definition.identities.items():
        yield "identity", name, f"{left.text} == {right.text}", ("identities", name), (left, right)
    for name, other in definition.equals.items():
        text = f"{other.expression.text} {dict(other.functions)} {other.when}"
        yield "equals", name, text, ("equals", name), other
    for sentence in prose.in_the_graph(definition):
        yield "graph", "", sentence, (), sentence
    for place, edge in enumerate(definition.edge):
        yield "edge", "", f"{edge.values} {edge.expect}", ("edge", place), edge

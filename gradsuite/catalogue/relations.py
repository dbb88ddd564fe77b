"""Which op of the catalogue names which: in an equivalence by its dotted path, in a formula by its short name."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from gradsuite.catalogue.shelf import Shelf
from gradsuite.spec.definition import Definition, Spec
from gradsuite.spec.formula import Formula


@dataclass(frozen=True)
class Relations:
    """For the dotted path of an op: the specs that it names, and those that name it. ``calls``: by function name."""

    named: Mapping[str, tuple[Spec, ...]]
    naming: Mapping[str, tuple[Spec, ...]]
    calls: Mapping[str, frozenset[str]]
    shelf: Shelf

    @classmethod
    def among(cls, shelf: Shelf) -> Relations:
        """The relations among the ops on ``shelf``; none with itself."""
        named = {spec.op: tuple(_named(spec, shelf)) for spec in shelf.specs}
        naming = {
            op: tuple(other for other in shelf.specs if spec in named[other.op]) for op, spec in shelf.by_path.items()
        }
        return cls(named, naming, {spec.op: frozenset(called(_formulas(spec))) for spec in shelf.specs}, shelf)

    def using(self, function: str) -> tuple[Spec, ...]:
        """The specs whose formulas call ``function`` of the language."""
        return tuple(spec for spec in self.shelf.specs if function in self.calls[spec.op])


def _named(spec: Spec, shelf: Shelf) -> Iterator[Spec]:
    """In reading order."""
    paths = {path for each in spec.definitions for other in each.equals.values() for path in other.functions.values()}
    names = set(called(formula for each in spec.definitions for formula in _value(each)))
    for other in shelf.specs:
        first = shelf.by_name[other.name] is other
        if other.op != spec.op and (other.op in paths or (first and other.name in names)):
            yield other


def _value(definition: Definition) -> Iterator[Formula]:
    yield from definition.forward.values()
    yield from definition.let.values()


def _formulas(spec: Spec) -> Iterator[Formula]:
    """Every formula in the language alone: those of equivalences call functions of torch."""
    for each in spec.definitions:
        yield from _value(each)
        yield from (derivative.formula for derivative in each.derivative.values())
        yield from (side for sides in each.identities.values() for side in sides)
        yield from each.require
        for kink in each.kinks:
            yield from (kink.at, *kink.convention.values())


def called(formulas: Iterable[Formula]) -> Iterator[str]:
    """The names of all functions that ``formulas`` call."""
    for formula in formulas:
        for node in ast.walk(formula.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                yield node.func.id

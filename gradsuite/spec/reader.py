"""Reads the texts of one variant as formulas, shapes and domains; what is wrong with them becomes faults."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from gradsuite.errors import FormulaError
from gradsuite.spec import model
from gradsuite.spec.definition import Axis, Domain
from gradsuite.spec.domain_text import parse_domain
from gradsuite.spec.faults import Faults
from gradsuite.spec.formula import Formula, parse, parse_identity
from gradsuite.spec.nearest import suggestion
from gradsuite.spec.node import Where, normal
from gradsuite.spec.shapes import parse_shape, symbols

INDICES = ("i", "j")

T = TypeVar("T")


@dataclass(frozen=True)
class Reader:
    """Every method gives a value even where the text is broken; such values are never used, for there is a fault."""

    faults: Faults

    @cached_property
    def nothing(self) -> Formula:
        """Stands in for a formula that is broken."""
        return parse("0")

    def formula(
        self,
        where: Where,
        text: str,
        known: Collection[str],
        *,
        indices: Collection[str] = (),
        functions: Collection[str] = (),
    ) -> Formula:
        """The formula at ``where``, which may use the ``known`` names."""
        formula = self._read(where, text, lambda flat: parse(flat, indices=indices, functions=functions), self.nothing)
        self.known(where, text, formula, known)
        return formula

    def identity(self, where: Where, text: str, known: Collection[str]) -> tuple[Formula, Formula]:
        """The two sides of the identity at ``where``."""
        sides = self._read(where, text, parse_identity, (self.nothing, self.nothing))
        for names in dict.fromkeys(side.names for side in sides):
            self._check_names(where, text, names, known)
        return sides

    def shape(self, name: str, given: model.Input) -> tuple[Axis, ...]:
        """The axes of an input."""
        return self._read(self.shape_place(name), given.shape, parse_shape, ())

    def shape_place(self, name: str) -> Where:
        """Where an input's shape stands: under its key, or right at the input in the short form."""
        long = ("inputs", name, "shape")
        return long if self.faults.document.has(self.faults.origin(long)) else ("inputs", name)

    def domain(self, name: str, given: model.Input, known: Collection[str]) -> Domain:
        """The domain of an input; its parameters may use the ``known`` names."""
        where = ("inputs", name, "domain")
        domain = self._read(where, given.domain, parse_domain, Domain("real"))
        for parameter in domain.parameters:
            self.known(where, given.domain, parameter, known)
        return domain

    def _read(self, where: Where, text: str, read: Callable[[str], T], instead: T) -> T:
        if self.faults.covered(where):
            return instead
        try:
            return read(normal(text))
        except FormulaError as error:
            self.faults.formula(where, error)
            return instead

    def known(self, where: Where, text: str, formula: Formula, known: Collection[str]) -> None:
        """Add a fault for each name of ``formula``, part of the ``text`` at ``where``, that is not ``known``."""
        self._check_names(where, text, formula.names, known)

    def _check_names(self, where: Where, text: str, names: Collection[str], known: Collection[str]) -> None:
        for name in sorted(set(names) - set(known)) if not self.faults.names_lost else ():
            mend = _MENDS.get(name) or suggestion(name, known)
            error = FormulaError(f"unknown name {name!r}", column=_column(name, normal(text)), mend=mend)
            self.faults.formula(where, error)


_MENDS = {
    "ct": "the cotangent is known in 'vjp', 'reshuffle' and identities only, and as ct_<output> if outputs are several",
    "i": "index letters belong to the form 'jacobian'",
    "j": "index letters belong to the form 'jacobian'",
}


def _column(name: str, text: str) -> int:
    match = re.search(rf"(?<![\w.]){re.escape(name)}\b(?!\s*\()", text)
    return match.start() + 1 if match else 1


def symbols_of(shapes: dict[str, tuple[Axis, ...]], arguments: Collection[str], reader: Reader) -> frozenset[str]:
    """All shape symbols; one that is variadic in one place and single in another is a fault."""
    kinds: dict[str, bool] = {}
    for name, axes in shapes.items():
        for symbol, variadic in symbols(axes, frozenset(arguments)):
            if kinds.setdefault(symbol, variadic) != variadic:
                what = f"the symbol {symbol!r} stands for one size in one shape and for several in another"
                reader.faults.add(reader.shape_place(name), what, f"write '*{symbol}' everywhere, or nowhere")
    return frozenset(kinds)

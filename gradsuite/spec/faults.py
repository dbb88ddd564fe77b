"""Collects the faults of one document, each once, at its place in the file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from gradsuite.errors import Fault, FormulaError
from gradsuite.spec.node import Node, Where, locate

MERGED = frozenset({"inputs", "arguments", "let", "derivative"})  # a variant merges these by name


@dataclass
class Document:
    """A file's text and its tree."""

    path: str
    text: str
    root: Node

    def at(self, where: Where) -> Node:
        """The node at ``where``, or the deepest one on the way there."""
        node = self.root
        for key in where:
            below = node.child(key)
            if below is None:
                break
            node = below
        return node

    def has(self, where: Where) -> bool:
        """Whether the file itself says something at ``where``."""
        node: Node | None = self.root
        for key in where:
            node = node.child(key) if node else None
        return node is not None

    def key_place(self, where: Where) -> tuple[int, int]:
        """Line and column of the key that ends ``where``; of the value, in a list."""
        node = self.at(where)
        keys = self.at(where[:-1]).keys if where else {}
        return keys.get(str(where[-1]), (node.line, node.column)) if keys else (node.line, node.column)


@dataclass
class Faults:
    """``add`` leaves out what lies at or below a place that is broken already: that is the same cause.

    Within a variant, places are sought in the variant first and in the rest of the file then.
    """

    document: Document
    found: set[Fault] = field(default_factory=set)
    broken: set[Where] = field(default_factory=set)
    variant: str | None = None

    def within(self, variant: str) -> Faults:
        """The same collection, seen from a variant."""
        return replace(self, variant=variant or None)

    def origin(self, where: Where) -> Where:
        """Where in the file a place of the merged variant comes from."""
        if self.variant is None or not where:
            return where
        own = ("variants", self.variant, *where)
        head = own[: 4 if where[0] in MERGED else 3]
        return own if self.document.has(head) else where

    def covered(self, where: Where) -> bool:
        """Whether ``where``, or what holds it, is broken already."""
        origin = self.origin(where)
        return any(origin[:length] in self.broken for length in range(len(origin) + 1))

    @property
    def names_lost(self) -> bool:
        """Whether a mapping that declares names is broken: no name can be called unknown then."""
        return any(self.origin((key,)) in self.broken for key in ("inputs", "arguments", "let", "forward", "random"))

    def below(self, where: Where) -> bool:
        """Whether something at or below ``where`` is broken already."""
        origin = self.origin(where)
        return any(each[: len(origin)] == origin for each in self.broken)

    def add(self, where: Where, what: str, mend: str = "", *, key: bool = False) -> None:
        """A fault of the value at ``where``, or of its ``key``."""
        if not self.covered(where):
            origin = self.origin(where)
            node = self.document.at(origin)
            place = self.document.key_place(origin) if key else (node.line, node.column)
            self._put(place, what, mend)

    def formula(self, where: Where, error: FormulaError) -> None:
        """A fault inside the text at ``where``, at the error's column."""
        if not self.covered(where):
            node = self.document.at(self.origin(where))
            place = locate(self.document.text, node, error.column - 1)
            self._put(place, error.what, error.mend)

    def structural(self, where: Where, place: tuple[int, int], what: str, mend: str) -> None:
        """A fault that makes the value at ``where`` (a place of the file itself) unusable."""
        self._put(place, what, mend)
        self.broken.add(where)

    def _put(self, place: tuple[int, int], what: str, mend: str) -> None:
        self.found.add(Fault(self.document.path, *place, what, mend))

    def ordered(self, more: Iterable[Fault] = ()) -> list[Fault]:
        """All faults, in order of place."""
        return sorted({*self.found, *more})

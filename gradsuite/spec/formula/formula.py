"""A formula: its text, its checked tree, the names that it needs, and its evaluation in a reading."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

from gradsuite.spec.formula.compile import CONSTANTS, Run, compiled


@dataclass(frozen=True)
class Formula:
    """Frozen; equal if the text is. ``names`` are the free names: no functions, constants or index letters."""

    text: str
    tree: ast.expr = field(compare=False, repr=False)
    names: frozenset[str] = field(compare=False, repr=False)
    indices: frozenset[str] = field(default=frozenset(), repr=False)
    functions: frozenset[str] = field(default=frozenset(), repr=False)

    @classmethod
    def of(cls, text: str, tree: ast.expr, indices: frozenset[str], functions: frozenset[str]) -> Self:
        """The formula of a checked tree."""
        callees = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
        named = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in callees}
        return cls(text, tree, frozenset(named - indices - set(CONSTANTS)), indices, functions)

    @cached_property
    def run(self) -> Run:
        """The tree as nested closures, made once."""
        return compiled(self.tree, self.indices, self.functions)

    def __getstate__(self) -> dict[str, Any]:
        """All but the closures, which do not travel between processes: they are made again there."""
        return {name: value for name, value in self.__dict__.items() if name != "run"}


def evaluate(formula: Formula, scope: Mapping[str, Any], reading: Any) -> Any:
    """The formula's value in ``reading``, with names looked up in ``scope`` as they are needed.

    Raises FormulaError, with the column, for an unknown name or an operation that does not fit its operands.
    """
    with reading.working():
        return formula.run(scope, reading)

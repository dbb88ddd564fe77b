"""Formulas evaluated on a sample's sizes, arguments and tensors: sizes, domain parameters, requirements."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from gradsuite.errors import GradsuiteError
from gradsuite.sample import Sample
from gradsuite.spec.definition import Definition, Domain
from gradsuite.spec.formula import Formula, evaluate
from gradsuite.spec.formula.torch_reading import TorchReading
from gradsuite.spec.lower import Scope

_READING = TorchReading()
_OF_SHAPE = {"shape", "size", "ndim"}  # functions that look at no value


def number(formula: Formula, scope: Mapping[str, Any]) -> Any:
    """The value of a formula over sizes and arguments, as a Python number."""
    if formula.text in scope:
        return scope[formula.text]
    if formula.text.isdecimal():
        return int(formula.text)
    value = evaluate(formula, scope, _READING)
    return value.item() if hasattr(value, "item") else value


def parameters(domain: Domain, scope: Mapping[str, Any]) -> tuple[Any, ...]:
    """The values of a domain's parameters."""
    return tuple(number(formula, scope) for formula in domain.parameters)


def holds(formula: Formula, scope: Mapping[str, Any]) -> bool:
    """Whether a requirement is met; one that cannot be evaluated (a division by zero, an axis too many) is not."""
    try:
        return bool(evaluate(formula, scope, _READING))
    except (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError, GradsuiteError):
        return False


def torch_value(formula: Formula, scope: Mapping[str, Any]) -> Any:
    """The value of a formula in torch."""
    return evaluate(formula, scope, _READING)


@lru_cache(maxsize=4096)
def needs_values(formula: Formula, inputs: frozenset[str]) -> bool:
    """Whether the formula looks at the values of an input, rather than at shapes or at presence alone."""
    parents = {child: node for node in ast.walk(formula.tree) for child in ast.iter_child_nodes(node)}
    uses = (node for node in ast.walk(formula.tree) if isinstance(node, ast.Name) and node.id in inputs)
    return any(not _looks_at_shape(parents.get(node)) for node in uses)


def _looks_at_shape(parent: ast.AST | None) -> bool:
    if isinstance(parent, ast.Call):
        return isinstance(parent.func, ast.Name) and parent.func.id in _OF_SHAPE
    return isinstance(parent, ast.Compare) and all(isinstance(op, ast.Is | ast.IsNot) for op in parent.ops)


def of_shapes(definition: Definition) -> tuple[Formula, ...]:
    """The requirements that are decided before any value is drawn."""
    return tuple(formula for formula in definition.require if not _of_values(definition, formula))


def of_values(definition: Definition) -> tuple[Formula, ...]:
    """The requirements that look at values."""
    return tuple(formula for formula in definition.require if _of_values(definition, formula))


def _of_values(definition: Definition, formula: Formula) -> bool:
    return bool(formula.names & definition.let.keys()) or needs_values(formula, frozenset(definition.inputs))


def accepts(definition: Definition, sample: Sample) -> bool:
    """Whether the sample's values meet the requirements on values."""
    required = of_values(definition)
    if not required:
        return True
    scope = scope_of(definition, sample)
    return all(holds(formula, scope) for formula in required)


def scope_of(definition: Definition, sample: Sample) -> Mapping[str, Any]:
    """Everything that a formula may name at a sample, read in torch."""
    return Scope(definition, sample.tensors, sample.arguments, sample.symbols, {}, _READING)

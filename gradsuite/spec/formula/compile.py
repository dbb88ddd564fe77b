"""From a checked tree to nested closures: made once for a formula, run with any scope in any reading."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

from gradsuite.errors import FormulaError, GradsuiteError
from gradsuite.spec.formula.registry import FUNCTIONS

Scope = Mapping[str, Any]
Run = Callable[[Scope, Any], Any]

CONSTANTS = ("pi", "inf", "nan")  # names that a formula may use without anyone providing them

_BINARY = {
    ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.Div: "divide", ast.Pow: "power",
    ast.MatMult: "matmul", ast.FloorDiv: "floor_divide", ast.Mod: "remainder",
}  # fmt: skip
_COMPARED = {
    ast.Eq: "equal", ast.NotEq: "not_equal", ast.Lt: "less", ast.LtE: "less_equal",
    ast.Gt: "greater", ast.GtE: "greater_equal",
}  # fmt: skip


def compiled(tree: ast.expr, indices: frozenset[str], functions: frozenset[str]) -> Run:
    """The closure for a tree that ``parse`` has checked."""
    return _Compiler(indices, functions).node(tree)


def _located(run: Run, node: ast.expr) -> Run:
    """The closure with its errors turned into a FormulaError at the node's column; costs nothing where none arises."""

    def guarded(scope: Scope, reading: Any) -> Any:
        try:
            return run(scope, reading)
        except GradsuiteError:
            raise
        except Exception as error:
            raise FormulaError(f"{ast.unparse(node)[:80]}: {_said(error)}", column=node.col_offset + 1) from error

    return guarded


def _said(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


class _Compiler:
    """One method for each kind of node; an unknown kind is a bug in the allow-list."""

    def __init__(self, indices: frozenset[str], functions: frozenset[str]) -> None:
        self.indices, self.functions = indices, functions

    def node(self, node: ast.expr) -> Run:
        method: Callable[[Any], Run] = getattr(self, type(node).__name__.lower())
        return method(node)

    def optional(self, node: ast.expr | None) -> Run:
        return self.node(node) if node else lambda scope, reading: None

    def constant(self, node: ast.Constant) -> Run:
        value: Any = node.value
        if isinstance(value, (float, complex)):
            return lambda scope, reading: reading.number(value)
        return lambda scope, reading: value

    def name(self, node: ast.Name) -> Run:
        name = node.id
        if name in self.indices:
            return lambda scope, reading: scope[name].values(reading)
        if name in CONSTANTS:
            return lambda scope, reading: reading.constant(name)

        def look_up(scope: Scope, reading: Any) -> Any:
            try:
                value = scope[name]
            except KeyError:
                raise FormulaError(f"nothing is known by the name {name!r}", column=node.col_offset + 1) from None
            return reading.lift(value)

        return look_up

    def binop(self, node: ast.BinOp) -> Run:
        left, right, name = self.node(node.left), self.node(node.right), _BINARY[type(node.op)]
        return _located(
            lambda scope, reading: getattr(reading, name)(left(scope, reading), right(scope, reading)), node
        )

    def unaryop(self, node: ast.UnaryOp) -> Run:
        operand = self.node(node.operand)
        match node.op:
            case ast.USub():
                return _located(lambda scope, reading: reading.negative(operand(scope, reading)), node)
            case ast.Not():
                return _located(lambda scope, reading: not reading.truth(operand(scope, reading)), node)
        return operand

    def boolop(self, node: ast.BoolOp) -> Run:
        parts = [self.node(value) for value in node.values]
        decide = all if isinstance(node.op, ast.And) else any  # both stop at the first part that decides
        return _located(lambda scope, reading: decide(reading.truth(part(scope, reading)) for part in parts), node)

    def compare(self, node: ast.Compare) -> Run:
        sides = [node.left, *node.comparators]
        pairs = [self.pair(op, a, b) for op, a, b in zip(node.ops, sides, sides[1:], strict=False)]
        if len(pairs) == 1:
            return _located(pairs[0], node)

        def chained(scope: Scope, reading: Any) -> Any:
            holds = pairs[0](scope, reading)
            for pair in pairs[1:]:
                holds = reading.both(holds, pair(scope, reading))
            return holds

        return _located(chained, node)

    def pair(self, operator: ast.cmpop, a: ast.expr, b: ast.expr) -> Run:
        left, right = self.node(a), self.node(b)
        match operator:
            case ast.Is():
                return lambda scope, reading: left(scope, reading) is None
            case ast.IsNot():
                return lambda scope, reading: left(scope, reading) is not None
        name = _COMPARED[type(operator)]
        return lambda scope, reading: reading.compare(name, left(scope, reading), right(scope, reading))

    def ifexp(self, node: ast.IfExp) -> Run:
        test, yes, no = self.node(node.test), self.node(node.body), self.node(node.orelse)

        def choose(scope: Scope, reading: Any) -> Any:
            return yes(scope, reading) if reading.truth(test(scope, reading)) else no(scope, reading)

        return _located(choose, node)

    def call(self, node: ast.Call) -> Run:
        assert isinstance(node.func, ast.Name)
        if node.func.id in self.functions:
            return self.call_in_scope(node, node.func.id)
        function = FUNCTIONS[node.func.id]
        bound = function.signature.bind(*node.args, **{str(k.arg): k.value for k in node.keywords}).arguments
        parts = [
            self.node(bound[name]) if name in bound else self.default(parameter.default)
            for name, parameter in function.signature.parameters.items()
        ]
        return _located(lambda scope, reading: reading.call(function, [part(scope, reading) for part in parts]), node)

    def default(self, value: Any) -> Run:
        return lambda scope, reading: value

    def call_in_scope(self, node: ast.Call, name: str) -> Run:
        parts = [self.node(argument) for argument in node.args]
        named = {str(keyword.arg): self.node(keyword.value) for keyword in node.keywords}

        def call(scope: Scope, reading: Any) -> Any:
            arguments = [part(scope, reading) for part in parts]
            return scope[name](*arguments, **{key: part(scope, reading) for key, part in named.items()})

        return call

    def tuple(self, node: ast.Tuple | ast.List) -> Run:
        parts = [self.node(element) for element in node.elts]
        return lambda scope, reading: tuple(part(scope, reading) for part in parts)

    list = tuple

    def slice(self, node: ast.Slice) -> Run:
        parts = [self.optional(part) for part in (node.lower, node.upper, node.step)]
        return lambda scope, reading: slice(*(part(scope, reading) for part in parts))

    def subscript(self, node: ast.Subscript) -> Run:
        value = self.node(node.value)
        if isinstance(node.slice, ast.Name) and node.slice.id in self.indices:
            letter = node.slice.id
            return _located(lambda scope, reading: scope[letter].at(value(scope, reading), reading), node)
        index = self.node(node.slice)
        return _located(lambda scope, reading: reading.item(value(scope, reading), index(scope, reading)), node)

    def attribute(self, node: ast.Attribute) -> Run:
        value = self.node(node.value)
        return _located(lambda scope, reading: reading.transpose(value(scope, reading)), node)

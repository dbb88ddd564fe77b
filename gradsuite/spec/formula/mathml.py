"""The reading for people: a formula as MathML. Everything that comes from the formula's text is escaped."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from gradsuite.spec.formula import notation as write
from gradsuite.spec.formula.formula import Formula
from gradsuite.spec.formula.notation import Markup
from gradsuite.spec.formula.registry import FUNCTIONS

_CONSTANTS = {"pi": Markup("<mi>π</mi>"), "inf": Markup("<mi>∞</mi>"), "nan": Markup(write.words("NaN"))}
_RELATION = {
    ast.Eq: "=", ast.NotEq: "≠", ast.Lt: "<", ast.LtE: "≤", ast.Gt: ">", ast.GtE: "≥", ast.Is: "=", ast.IsNot: "≠",
}  # fmt: skip


def to_mathml(formula: Formula) -> str:
    """A ``<math>`` element, safe to embed in HTML."""
    return displayed(markup(formula))


def markup(formula: Formula) -> Markup:
    """The formula as a piece, to be set into more."""
    return _Writer(formula.functions).node(formula.tree)


def equation(left: Markup, right: Markup) -> str:
    """A ``<math>`` element that says ``left = right``."""
    return displayed(Markup(write.row(left.text, write.sign("="), right.text)))


def displayed(piece: Markup) -> str:
    """A ``<math>`` element on lines of its own."""
    return f'<math display="block">{piece.text}</math>'


class _Writer:
    """One method for each kind of node."""

    def __init__(self, functions: frozenset[str]) -> None:
        self.functions = functions

    def node(self, node: ast.expr) -> Markup:
        method: Callable[[Any], Markup] = getattr(self, type(node).__name__.lower())
        return method(node)

    def constant(self, node: ast.Constant) -> Markup:
        value: Any = node.value
        if value is Ellipsis:
            return Markup(write.sign("…"))
        if value is None or isinstance(value, (bool, str)):
            return Markup(write.words(f"“{value}”" if isinstance(value, str) else str(value).lower()))
        if isinstance(value, complex):
            imaginary = Markup("<mi>i</mi>")
            return imaginary if value.imag == 1 else write.multiplied(_number(value.imag), imaginary)
        return _number(value)

    def name(self, node: ast.Name) -> Markup:
        return _CONSTANTS.get(node.id) or write.name(node.id)

    def binop(self, node: ast.BinOp) -> Markup:
        a, b = self.node(node.left), self.node(node.right)
        match node.op:
            case ast.Add():
                return write.added(a, "+", b)
            case ast.Sub():
                return write.added(a, "−", b)
            case ast.Mult():
                return write.multiplied(a, b)
            case ast.MatMult():
                return write.juxtaposed(a, b)
            case ast.Div():
                return write.fraction(a, b)
            case ast.FloorDiv():
                return write.fenced("⌊", write.fraction(a, b).text, "⌋")
            case ast.Mod():
                return write.multiplied(a, b, " mod ")
        return write.root(a) if _is_half(node.right) else write.superscript(a, b)

    def unaryop(self, node: ast.UnaryOp) -> Markup:
        operand = self.node(node.operand)
        match node.op:
            case ast.Not():
                return write.negated(operand)
            case ast.USub():
                return write.minus(operand)
        return operand

    def boolop(self, node: ast.BoolOp) -> Markup:
        word, level = ("and", write.BOTH) if isinstance(node.op, ast.And) else ("or", write.EITHER)
        return write.connected([self.node(value) for value in node.values], word, level)

    def compare(self, node: ast.Compare) -> Markup:
        parts = [write.parenthesised(self.node(node.left), write.SUM)]
        for operator, side in zip(node.ops, node.comparators, strict=True):
            parts += [write.sign(_RELATION[type(operator)]), write.parenthesised(self.node(side), write.SUM)]
        return Markup(write.row(*parts), write.COMPARISON)

    def ifexp(self, node: ast.IfExp) -> Markup:
        return write.choice(self.node(node.test), self.node(node.body), self.node(node.orelse))

    def call(self, node: ast.Call) -> Markup:
        assert isinstance(node.func, ast.Name)
        named = {str(keyword.arg): keyword.value for keyword in node.keywords}
        if node.func.id in self.functions:
            arguments = [self.node(each) for each in (*node.args, *named.values())]
            return write.applied(write.upright(node.func.id), arguments)
        function = FUNCTIONS[node.func.id]
        bound = function.signature.bind(*node.args, **named).arguments
        return function.notation({name: self.node(value) for name, value in bound.items()})

    def tuple(self, node: ast.Tuple | ast.List) -> Markup:
        return write.fenced("(", write.listed([self.node(each) for each in node.elts]), ")")

    list = tuple

    def slice(self, node: ast.Slice) -> Markup:
        ends = [self.node(each).text if each else "" for each in (node.lower, node.upper)]
        return Markup(write.row(ends[0], write.sign(":"), ends[1]))

    def subscript(self, node: ast.Subscript) -> Markup:
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        return write.subscript(self.node(node.value), Markup(write.listed([self.index(part) for part in parts])))

    def index(self, node: ast.expr) -> Markup:
        new_axis = isinstance(node, ast.Constant) and node.value is None
        return Markup(write.sign("∗")) if new_axis else self.node(node)

    def attribute(self, node: ast.Attribute) -> Markup:
        return write.superscript(self.node(node.value), Markup(write.sign("⊤")))


def _number(value: float) -> Markup:
    return write.number(repr(value).removesuffix(".0"))


def _is_half(node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=0.5) | ast.BinOp(left=ast.Constant(value=1), op=ast.Div(), right=ast.Constant(value=2)):
            return True
    return False

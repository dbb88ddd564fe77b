"""Derivatives of elementwise formulas by sympy. Trees are translated node by node: nothing is read from text."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

import sympy
from sympy.printing.str import StrPrinter

from gradsuite.spec.formula.formula import Formula


class sigmoid(sympy.Function):  # as the language writes it, and as it is printed
    """1 / (1 + exp(-x))."""

    def fdiff(self, argindex: int = 1) -> Any:
        """sigmoid(x) (1 - sigmoid(x))."""
        return self * (1 - self)


class softplus(sympy.Function):
    """log(1 + exp(x))."""

    def fdiff(self, argindex: int = 1) -> Any:
        """sigmoid(x)."""
        return sigmoid(self.args[0])


class normal_pdf(sympy.Function):
    """The density of the normal distribution."""

    def fdiff(self, argindex: int = 1) -> Any:
        """-x normal_pdf(x)."""
        return -self.args[0] * self


class normal_cdf(sympy.Function):
    """The distribution function of the normal distribution."""

    def fdiff(self, argindex: int = 1) -> Any:
        """normal_pdf(x)."""
        return normal_pdf(self.args[0])


class lgamma(sympy.Function):
    """log |gamma(x)|."""

    def fdiff(self, argindex: int = 1) -> Any:
        """digamma(x)."""
        return digamma(self.args[0])


class digamma(sympy.Function):
    """The derivative of lgamma; its own is not in the language."""

    def fdiff(self, argindex: int = 1) -> Any:
        """Raises ValueError."""
        raise ValueError("the trigamma function is not in the formula language")


class tanh(sympy.Function):
    """With its derivative in its own terms, which does not overflow."""

    def fdiff(self, argindex: int = 1) -> Any:
        """1 - tanh(x)**2."""
        return 1 - self**2


class where(sympy.Function):
    """One of two by a condition. sympy's own Piecewise would fold nested ones into conditions that nobody can read."""

    def _eval_derivative(self, symbol: Any) -> Any:
        condition, a, b = self.args
        return where(condition, a.diff(symbol), b.diff(symbol))


_OWN = (sigmoid, softplus, normal_pdf, normal_cdf, lgamma, digamma, tanh, where)
_SHARED = ("exp", "log", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "asinh", "acosh",
           "atanh", "erf", "erfc", "sign")  # fmt: skip
FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    **{each.__name__: each for each in _OWN},
    **{name: getattr(sympy, name) for name in _SHARED},
    "abs": sympy.Abs,
    "maximum": lambda a, b: where(a > b, a, b),
    "minimum": lambda a, b: where(a < b, a, b),
    "pow": lambda x, exponent: x**exponent,
    "square": lambda x: x**2,
    "expm1": lambda x: sympy.exp(x) - 1,
    "log1p": lambda x: sympy.log(1 + x),
}
OPERATORS: Mapping[type[ast.AST], Callable[..., Any]] = {
    ast.Add: lambda a, b: a + b, ast.Sub: lambda a, b: a - b, ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b, ast.Pow: lambda a, b: a**b, ast.UAdd: lambda a: a, ast.USub: lambda a: -a,
    ast.Lt: lambda a, b: a < b, ast.LtE: lambda a, b: a <= b, ast.Gt: lambda a, b: a > b, ast.GtE: lambda a, b: a >= b,
}  # fmt: skip
CONSTANTS = {"pi": sympy.pi, "inf": sympy.oo}


def derivative(formula: Formula, name: str) -> str:
    """The derivative of an elementwise ``formula`` in ``name``, in the formula language.

    Raises ValueError where it has a part that cannot be differentiated so, or cannot be written down.
    """
    symbols = {each: sympy.Symbol(each, real=True) for each in formula.names}
    found = sympy.diff(_translated(formula.tree, symbols), symbols.get(name, sympy.Symbol(name)))
    return str(_Printer().doprint(found))


def _translated(node: ast.AST, symbols: Mapping[str, Any]) -> Any:
    match node:
        case ast.Constant(value=bool() | str() | None):
            pass
        case ast.Constant(value=value):
            return sympy.sympify(value)
        case ast.Name(id=name) if name in symbols or name in CONSTANTS:
            return symbols.get(name, CONSTANTS.get(name))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            return OPERATORS[type(op)](_translated(left, symbols), _translated(right, symbols))
        case ast.UnaryOp(op=op, operand=operand) if type(op) in OPERATORS:
            return OPERATORS[type(op)](_translated(operand, symbols))
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in OPERATORS:
            return OPERATORS[type(op)](_translated(left, symbols), _translated(right, symbols))
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in FUNCTIONS:
            return FUNCTIONS[name](*(_translated(each, symbols) for each in args))
    raise ValueError(f"{ast.unparse(node)!r} is not differentiated here")


class _Printer(StrPrinter):
    """Writes the formula language. Raises ValueError for what it cannot say."""

    def _print_Function(self, expr: Any) -> str:
        name = type(expr).__name__
        if name not in FUNCTIONS:
            raise ValueError(f"{name} is not in the formula language")
        return f"{name}({', '.join(map(self._print, expr.args))})"

    def _print_Abs(self, expr: Any) -> str:
        return f"abs({self._print(expr.args[0])})"

    def _print_Exp1(self, expr: Any) -> str:
        return "exp(1)"

    def _print_Derivative(self, expr: Any) -> str:
        raise ValueError("a derivative is left that sympy does not know")

    _print_Subs = _print_Derivative

"""Elementary and special functions of one number: exp, log, tan, erf, lgamma, ..."""

from __future__ import annotations

from math import inf, nan
from typing import Any

from flint import acb, arb

from gradsuite.spec.formula import notation as write
from gradsuite.spec.formula.balls import each, elementwise
from gradsuite.spec.formula.functions.meanings import floating, plain
from gradsuite.spec.formula.notation import Arguments, Markup, Notation
from gradsuite.spec.formula.registry import Meaning, register


def _register(name: str, balls: Any, notation: Notation | None = None, torch: str | None = None) -> None:
    meaning: Meaning = floating(torch or name)
    register(name, "x", torch=meaning, balls=plain(balls), notation=notation, rounds=True)


def _power_of_e(given: Arguments) -> Markup:
    return write.superscript(Markup("<mi>e</mi>"), write.first(given))


def _lgamma_notation(given: Arguments) -> Markup:
    gamma = write.applied(write.upright("Γ"), [write.first(given)])
    return write.applied(write.upright("ln"), [gamma], fences=("|", "|"))


def _lgamma(x: Any) -> Any:
    """ln |gamma(x)|: by reflection left of zero; infinite at the poles."""
    if type(x) is acb or x > 0:
        return arb("inf") if x == inf else x.lgamma()
    if x.is_exact() and x.is_integer():
        return arb("inf")
    return (arb.pi() / abs(x.sin_pi())).log() - (1 - x).lgamma()


def _sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x)), by the form whose exponential does not overflow."""
    if type(x) is acb or not x < 0:
        return 1 / (1 + (-x).exp())
    power = x.exp()
    return power / (1 + power)


_register("exp", each("exp"), _power_of_e)
_register("expm1", each("expm1"))
_register("log", each("log", {0: -inf}), write.called("ln"))
_register("log1p", each("log1p", {-1: -inf}))
_register("sqrt", each("sqrt"), lambda given: write.root(write.first(given)))
_register("sin", each("sin", {inf: nan, -inf: nan}))
_register("cos", each("cos", {inf: nan, -inf: nan}))
_register("tan", each("tan"))
_register("asin", each("asin"), write.called("arcsin"))
_register("acos", each("acos"), write.called("arccos"))
_register("atan", each("atan"), write.called("arctan"))
_register("sinh", each("sinh"))
_register("cosh", each("cosh"))
_register("tanh", each("tanh"))
_register("asinh", each("asinh"), write.called("arsinh"))
_register("acosh", each("acosh"), write.called("arcosh"))
_register("atanh", each("atanh", {1: inf, -1: -inf}), write.called("artanh"))
_register("erf", each("erf", {inf: 1, -inf: -1}))
_register("erfc", each("erfc", {inf: 0, -inf: 2}))
_register("lgamma", elementwise(_lgamma), _lgamma_notation)
_register("digamma", each("digamma", {inf: inf}), write.called("ψ"))
_register("sigmoid", elementwise(_sigmoid), write.called("σ"))

register(
    "atan2",
    "y, x",
    torch=floating("atan2"),
    balls=plain(elementwise(lambda y, x: arb.atan2(y, x), 2)),
    notation=write.called("arctan2"),
    rounds=True,
)
register(
    "pow",
    "x, exponent",
    torch=lambda r, x, exponent: r.power(x, exponent),
    balls=lambda r, x, exponent: r.power(x, exponent),
    notation=lambda given: write.superscript(given["x"], given["exponent"]),
)
register(
    "square",
    "x",
    torch=lambda r, x: r.power(x, 2),
    balls=lambda r, x: r.power(x, 2),
    notation=lambda given: write.superscript(given["x"], write.number("2")),
)

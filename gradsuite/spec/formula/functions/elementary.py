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


def _register(name: str, summary: str, balls: Any, notation: Notation | None = None, torch: str | None = None) -> None:
    meaning: Meaning = floating(torch or name)
    register(name, "x", summary, torch=meaning, balls=plain(balls), notation=notation, rounds=True)


def _power_of_e(given: Arguments) -> Markup:
    return write.superscript(Markup(write.upright("e")), write.first(given))  # a variable e is slanted


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


_register("exp", "e to the power x", each("exp"), _power_of_e)
_register("expm1", "e^x - 1, precise near zero", each("expm1"))
_register("log", "the natural logarithm", each("log", {0: -inf}), write.called("ln"))
_register("log1p", "ln(1 + x), precise near zero", each("log1p", {-1: -inf}))
_register("sqrt", "the square root", each("sqrt"), lambda given: write.root(write.first(given)))
_register("sin", "the sine, x in radians", each("sin", {inf: nan, -inf: nan}))
_register("cos", "the cosine, x in radians", each("cos", {inf: nan, -inf: nan}))
_register("tan", "the tangent, x in radians", each("tan"))
_register("asin", "the angle from -pi/2 to pi/2 whose sine is x", each("asin"), write.called("arcsin"))
_register("acos", "the angle from 0 to pi whose cosine is x", each("acos"), write.called("arccos"))
_register("atan", "the angle between -pi/2 and pi/2 whose tangent is x", each("atan"), write.called("arctan"))
_register("sinh", "the hyperbolic sine, (e^x - e^-x) / 2", each("sinh"))
_register("cosh", "the hyperbolic cosine, (e^x + e^-x) / 2", each("cosh"))
_register("tanh", "the hyperbolic tangent, sinh(x) / cosh(x)", each("tanh"))
_register("asinh", "the number whose hyperbolic sine is x", each("asinh"), write.called("arsinh"))
_register("acosh", "the number, not negative, whose hyperbolic cosine is x", each("acosh"), write.called("arcosh"))
_register(
    "atanh", "the number whose hyperbolic tangent is x", each("atanh", {1: inf, -1: -inf}), write.called("artanh")
)
_register(
    "erf",
    "the error function: how likely a standard normal number lies within x * sqrt(2) of zero, with the sign of x",
    each("erf", {inf: 1, -inf: -1}),
)
_register("erfc", "1 - erf(x), precise where erf is near one", each("erfc", {inf: 0, -inf: 2}))
_register("lgamma", "the logarithm of the absolute value of the gamma function", elementwise(_lgamma), _lgamma_notation)
_register(
    "digamma", "the derivative of the logarithm of the gamma function", each("digamma", {inf: inf}), write.called("ψ")
)
_register("sigmoid", "1 / (1 + e^-x), which rises from 0 to 1", elementwise(_sigmoid), write.called("σ"))

register(
    "atan2",
    "y, x",
    "the angle of the point (x, y), from -pi to pi",
    torch=floating("atan2"),
    balls=plain(elementwise(lambda y, x: arb.atan2(y, x), 2)),
    notation=write.called("arctan2"),
    rounds=True,
)
register(
    "pow",
    "x, exponent",
    "x to a power, as x ** exponent",
    torch=lambda r, x, exponent: r.power(x, exponent),
    balls=lambda r, x, exponent: r.power(x, exponent),
    notation=lambda given: write.superscript(given["x"], given["exponent"]),
)
register(
    "square",
    "x",
    "x times itself",
    torch=lambda r, x: r.power(x, 2),
    balls=lambda r, x: r.power(x, 2),
    notation=lambda given: write.superscript(given["x"], write.number("2")),
)

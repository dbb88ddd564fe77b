"""Functions written in the language itself: each is a few named formulas, the last of which is its value."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from gradsuite.spec.formula import notation as write
from gradsuite.spec.formula.notation import Arguments, Markup, Notation
from gradsuite.spec.formula.registry import register, signature


def _define(name: str, parameters: str, summary: str, *formulas: str, notation: Notation | None = None) -> None:
    """A function of ``parameters``: formulas are ``letter = formula``, the last one the value."""
    names = list(signature(parameters).parameters)

    def meaning(reading: Any, *values: Any) -> Any:
        scope = dict(zip(names, values, strict=True))
        for letter, formula in _parsed(formulas).items():
            scope[letter] = formula.run(scope, reading)
        return scope["value"]

    register(name, parameters, summary, torch=meaning, balls=meaning, notation=notation)


@cache
def _parsed(formulas: tuple[str, ...]) -> Mapping[str, Any]:
    from gradsuite.spec.formula.parse import parse  # the parser knows functions from this registry

    *named, value = formulas
    pairs = [formula.split(" = ", 1) for formula in named]
    return {letter: parse(text) for letter, text in [*pairs, ("value", value)]}


def _gaussian(symbol: str) -> Notation:
    def meaning(given: Arguments) -> Markup:
        return write.applied(write.upright(symbol), [write.first(given)])

    return meaning


_define(
    "softmax",
    "x, dim",
    "exponentials along a dimension, scaled so that they sum to one",
    "e = exp(x - max(x, dim))",
    "e / sum(e, dim)",
)
_define(
    "logsumexp",
    "x, dim",
    "the logarithm of the sum of exponentials along a dimension",
    "top = max(x, dim)",
    "m = where(isinf(top), 0, top)",
    "m + log(sum(exp(x - m), dim))",
)
_define(
    "log_softmax",
    "x, dim",
    "the logarithm of softmax, computed without taking a logarithm of zero",
    "d = x - max(x, dim)",
    "d - log(sum(exp(d), dim))",
)
_define("softplus", "x", "ln(1 + e^x), a smooth rectifier", "maximum(x, 0) + log1p(exp(-abs(x)))")
_define(
    "normal_cdf",
    "x",
    "the share of a standard normal distribution that lies below x",
    "erfc(-x / sqrt(2)) / 2",
    notation=_gaussian("Φ"),
)
_define(
    "normal_pdf",
    "x",
    "the density of the standard normal distribution",
    "exp(-x ** 2 / 2) / sqrt(2 * pi)",
    notation=_gaussian("φ"),
)

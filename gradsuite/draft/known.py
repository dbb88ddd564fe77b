"""Forwards of elementwise ops that the formula language writes in other words than torch; by the op's short name."""

from __future__ import annotations

from gradsuite.spec.formula.registry import FUNCTIONS as LANGUAGE
from gradsuite.spec.formula.symbolic import FUNCTIONS

OTHER = {
    "add": "x + other", "arccos": "acos(x)", "arccosh": "acosh(x)", "arcsin": "asin(x)", "arcsinh": "asinh(x)",
    "arctan": "atan(x)", "arctanh": "atanh(x)", "celu": "maximum(x, 0) + minimum(0, expm1(x))", "div": "x / other",
    "divide": "x / other", "elu": "where(x > 0, x, expm1(x))", "exp2": "2 ** x", "gelu": "x * normal_cdf(x)",
    "hardsigmoid": "minimum(maximum(x / 6 + 0.5, 0), 1)", "hardswish": "x * minimum(maximum(x + 3, 0), 6) / 6",
    "hardtanh": "minimum(maximum(x, -1), 1)", "leaky_relu": "where(x > 0, x, 0.01 * x)", "log10": "log(x) / log(10)",
    "log2": "log(x) / log(2)", "logsigmoid": "-softplus(-x)", "mish": "x * tanh(softplus(x))", "mul": "x * other",
    "multiply": "x * other", "neg": "-x", "pow": "x ** exponent", "reciprocal": "1 / x", "relu": "maximum(x, 0)",
    "relu6": "minimum(maximum(x, 0), 6)", "rsqrt": "1 / sqrt(x)", "silu": "x * sigmoid(x)",
    "softsign": "x / (1 + abs(x))", "sub": "x - other", "subtract": "x - other", "tanhshrink": "x - tanh(x)",
}  # fmt: skip


def forward(name: str) -> str:
    """The formula of the op called ``name``; empty where none is known."""
    if name in OTHER:
        return OTHER[name]
    shared = name in FUNCTIONS and name in LANGUAGE and list(LANGUAGE[name].signature.parameters) == ["x"]
    return f"{name}(x)" if shared else ""

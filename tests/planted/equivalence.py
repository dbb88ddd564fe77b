"""Ops that are not what another composition is: the check ``equivalence``."""

from __future__ import annotations

from gradsuite.results import Culprit
from tests.planted.planted import Planted, op

square = op(lambda x: x * x, lambda ct, x: 2 * ct * x)
square_halved = op(lambda x: x * x, lambda ct, x: ct * x)
square_plus_one = op(lambda x: x * x + 1, lambda ct, x: 2 * ct * x)

SOFTMAX = """
op: torch.softmax
inputs: {x: N C}
arguments: {dim: -1}
require: [N > 1, C > 1]
forward: softmax(x, dim)
derivative: {x: {jacobian: "y[i] * (delta(i, j) - y[j])", along: dim}}
equals:
  exponential_of_log_softmax:
    with: {log_softmax: torch.log_softmax, exp: torch.exp}
    expression: exp(log_softmax(x, PLANTED))
"""
LINEAR = """
op: torch.nn.functional.linear
inputs: {x: 1 2, w: 2 2}
forward: x @ w.T
derivative: {x: {vjp: ct @ w}, w: {vjp: ct.T @ x}}
equals: {product: {expression: PLANTED}}
"""
MEAN = """
op: torch.mean
inputs: {x: "*B"}
require: [size(x) > 0]
forward: mean(x)
derivative: {x: {gradient: ones_like(x) / size(x)}}
equals: {sum_over_n: {expression: PLANTED}}
"""
SQUARE = """
op: tests.planted.equivalence:PLANTED
inputs: {x: "*B"}
forward: x ** 2
derivative: {x: {elementwise: 2 * x}}
equals: {product: {expression: x * x}}
"""

PLANTED = [
    Planted("spec of softmax: another dimension", SOFTMAX, "0", "dim", Culprit.SPEC),
    Planted("spec of linear: not transposed", LINEAR, "x @ w", "x @ w.T", Culprit.SPEC),
    Planted("spec of mean: a sum", MEAN, "sum(x)", "sum(x) / size(x)", Culprit.SPEC),
    Planted(
        "square: half of the gradient",
        SQUARE,
        "square_halved",
        "square",
        Culprit.BACKWARD,
    ),
    Planted("square: one is added", SQUARE, "square_plus_one", "square", Culprit.FORWARD),
]

"""Identities that do not hold, by the spec's fault or by the op's: the check ``identities``."""

from __future__ import annotations

import torch

from gradsuite.results import Culprit
from tests.planted.planted import Planted, op


def softmax_vjp(ct: torch.Tensor, x: torch.Tensor, dim: int) -> torch.Tensor:
    y = x.softmax(dim)
    return y * (ct - (y * ct).sum(dim, keepdim=True))


softmax = op(torch.softmax, softmax_vjp)
softmax_diagonal = op(torch.softmax, lambda ct, x, dim: ct * x.softmax(dim) * (1 - x.softmax(dim)))
softmax_doubled = op(lambda x, dim: 2 * x.softmax(dim), lambda ct, x, dim: 2 * softmax_vjp(ct, x, dim))

square = op(lambda x: x * x, lambda ct, x: 2 * ct * x)
square_halved = op(lambda x: x * x, lambda ct, x: ct * x)

SOFTMAX = """
inputs: {x: N C}
arguments: {dim: -1}
require: [N > 1, C > 1]
forward: softmax(x, dim)
derivative: {x: {jacobian: "y[i] * (delta(i, j) - y[j])", along: dim}}
"""
SQUARE = """
inputs: {x: "*B"}
forward: x ** 2
derivative: {x: {elementwise: 2 * x}}
"""
SUM_TO_ONE = f"{SOFTMAX}op: torch.softmax\nidentities: {{sums: 'PLANTED == 1'}}"
DEGREE = f"{SQUARE}op: torch.square\nidentities: {{euler: x * d_x == PLANTED * y * ct}}"
SLOPE = f"{SQUARE}op: torch.square\nidentities: {{slope: d_x == ct * PLANTED}}"
SOFTMAX_SUMS = f"{SOFTMAX}op: tests.planted.identities:PLANTED\nidentities: {{sums: 'sum(d_x, dim) == 0'}}"
SOFTMAX_ONE = f"{SOFTMAX}op: tests.planted.identities:PLANTED\nidentities: {{sums: 'sum(y, dim) == 1'}}"
SQUARE_EULER = f"{SQUARE}op: tests.planted.identities:PLANTED\nidentities: {{euler: x * d_x == 2 * y * ct}}"

PLANTED = [
    Planted("spec of softmax: all sum to one", SUM_TO_ONE, "sum(y)", "sum(y, dim)", Culprit.SPEC),
    Planted("spec of square: degree three", DEGREE, "3", "2", Culprit.SPEC),
    Planted("spec of square: degree three, in bfloat16", DEGREE, "3", "2", Culprit.SPEC, dtype="bfloat16"),
    Planted("spec of square: the slope is x", SLOPE, "x", "2 * x", Culprit.SPEC),
    Planted("softmax: only the diagonal", SOFTMAX_SUMS, "softmax_diagonal", "softmax", Culprit.BACKWARD),
    Planted("softmax: twice as large", SOFTMAX_ONE, "softmax_doubled", "softmax", Culprit.FORWARD),
    Planted(
        "square: half of the gradient",
        SQUARE_EULER,
        "square_halved",
        "square",
        Culprit.BACKWARD,
    ),
]

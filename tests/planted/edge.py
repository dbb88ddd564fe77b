"""Wrong at an edge of the domain and right inside: the check ``edge``."""

from __future__ import annotations

import torch

from gradsuite.results import Culprit
from tests.planted.planted import Planted, op


def softmax_vjp(ct: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    y = x.softmax(-1)
    return y * (ct - (y * ct).sum(-1, keepdim=True))


softmax = op(lambda x: x.softmax(-1), softmax_vjp)
softmax_unstable = op(lambda x: x.exp() / x.exp().sum(-1, keepdim=True), softmax_vjp)

sqrt = op(torch.sqrt, lambda ct, x: ct / (2 * x.sqrt()))
sqrt_held = op(torch.sqrt, lambda ct, x: ct / (2 * x.sqrt().clamp(min=1e-6)))

sigmoid = op(torch.sigmoid, lambda ct, x: ct * x.sigmoid() * (-x).sigmoid())
sigmoid_unstable = op(torch.sigmoid, lambda ct, x: ct * x.exp() / (1 + x.exp()) ** 2)

relu = op(torch.relu, lambda ct, x: ct * (x > 0))
relu_by_a_quotient = op(torch.relu, lambda ct, x: ct * (x.relu() / x))

SOFTMAX = """
op: tests.planted.edge:PLANTED
inputs: {x: "*B C"}
require: [C > 0]
forward: softmax(x, -1)
derivative: {x: {jacobian: "y[i] * (delta(i, j) - y[j])", along: -1}}
edge: [{x: [1.0e+20, 1.0e+10], expect: {y: [1.0, 0.0], x: [0.0, 0.0]}}]
"""
SQRT = """
op: tests.planted.edge:PLANTED
inputs: {x: {shape: "*B", domain: positive}}
forward: sqrt(x)
derivative: {x: {elementwise: 1 / (2 * y)}}
edge: [{x: [0.0, 4.0], expect: {y: [0.0, 2.0], x: [.inf, 0.25]}}]
"""
SIGMOID = """
op: tests.planted.edge:PLANTED
inputs: {x: "*B"}
forward: 1 / (1 + exp(-x))
derivative: {x: {elementwise: exp(-x) / (1 + exp(-x))**2}}
edge: [{x: [1000.0, 0.0]}]
"""
RELU = """
op: tests.planted.edge:PLANTED
inputs: {x: "*B"}
forward: maximum(x, 0)
derivative: {x: {elementwise: "where(x > 0, 1, 0)"}}
edge: [{x: [.inf, 1.0], expect: {y: [.inf, 1.0], x: [1.0, 1.0]}}]
"""
EXPECTED = """
op: torch.exp
inputs: {x: "*B"}
forward: exp(x)
derivative: {x: {elementwise: y}}
edge: [{x: [0.0], expect: PLANTED}]
"""

PLANTED = [
    Planted("softmax: overflows", SOFTMAX, "softmax_unstable", "softmax", Culprit.FORWARD),
    Planted("sqrt: held finite at zero", SQRT, "sqrt_held", "sqrt", Culprit.BACKWARD),
    Planted("sqrt: held finite at zero, in bfloat16", SQRT, "sqrt_held", "sqrt", Culprit.BACKWARD, dtype="bfloat16"),
    Planted("sigmoid: infinite over infinite", SIGMOID, "sigmoid_unstable", "sigmoid", Culprit.BACKWARD),
    Planted("relu: infinite over infinite", RELU, "relu_by_a_quotient", "relu", Culprit.BACKWARD),
    # The formula of the very same spec says otherwise, and so does the op.
    Planted(
        "spec of exp: a wrong gradient",
        EXPECTED,
        "{y: [1.0], x: [0.0]}",
        "{y: [1.0], x: [1.0]}",
        Culprit.SPEC,
    ),
    Planted(
        "spec of exp: a wrong value",
        EXPECTED,
        "{y: [0.0], x: [1.0]}",
        "{y: [1.0], x: [1.0]}",
        Culprit.SPEC,
    ),
]

"""Wrong on a kink and right beside it: the check ``kink``."""

from __future__ import annotations

import torch

from gradsuite.results import Culprit
from tests.planted.planted import Planted, op

relu = op(torch.relu, lambda ct, x: ct * (x > 0))
relu_one_at_zero = op(torch.relu, lambda ct, x: ct * (x >= 0))

absolute = op(torch.abs, lambda ct, x: ct * x.sign())
absolute_three_at_zero = op(torch.abs, lambda ct, x: ct * torch.where(x == 0, 3, x.sign()))

maximum = op(torch.maximum, lambda ct, a, b: (ct * ((a > b) + (a == b) / 2), ct * ((b > a) + (a == b) / 2)))
maximum_twice_on_ties = op(torch.maximum, lambda ct, a, b: (ct * (a >= b), ct * (b >= a)))

leaky = op(lambda x: torch.where(x > 0, x, x / 8), lambda ct, x: torch.where(x > 0, ct, ct / 8))
leaky_zero_at_zero = op(
    lambda x: torch.where(x > 0, x, x / 8), lambda ct, x: ct * torch.where(x == 0, 0, torch.where(x > 0, 1, 0.125))
)

RELU = """
op: tests.planted.kink:PLANTED
inputs: {x: "*B"}
forward: maximum(x, 0)
derivative: {x: {elementwise: "where(x > 0, 1, 0)"}}
kinks: [{at: x, convention: {x: "0"}}]
"""
ABSOLUTE = """
op: tests.planted.kink:PLANTED
inputs: {x: "*B"}
forward: abs(x)
derivative: {x: {elementwise: sign(x)}}
kinks: [{at: x}]
"""
MAXIMUM = """
op: tests.planted.kink:PLANTED
inputs: {a: "*B", b: "*B"}
forward: maximum(a, b)
derivative:
  a: {elementwise: "where(a > b, 1, where(a == b, 1 / 2, 0))"}
  b: {elementwise: "where(b > a, 1, where(a == b, 1 / 2, 0))"}
kinks: [{at: a - b, convention: {a: 1 / 2, b: 1 / 2}}]
"""
LEAKY = """
op: tests.planted.kink:PLANTED
inputs: {x: "*B"}
forward: where(x > 0, x, x / 8)
derivative: {x: {elementwise: "where(x > 0, 1, 1 / 8)"}}
kinks: [{at: x}]
"""
CONVENTION = """
op: torch.relu
inputs: {x: "*B"}
forward: maximum(x, 0)
derivative: {x: {elementwise: "where(x > 0, 1, 0)"}}
kinks: [{at: x, convention: {x: "PLANTED"}}]
"""

PLANTED = [
    Planted("relu: one at zero", RELU, "relu_one_at_zero", "relu", Culprit.BACKWARD),
    Planted("relu: one at zero, in bfloat16", RELU, "relu_one_at_zero", "relu", Culprit.BACKWARD, dtype="bfloat16"),
    Planted("abs: three at zero", ABSOLUTE, "absolute_three_at_zero", "absolute", Culprit.BACKWARD),
    Planted("maximum: ties count twice", MAXIMUM, "maximum_twice_on_ties", "maximum", Culprit.BACKWARD),
    Planted("leaky relu: zero at zero", LEAKY, "leaky_zero_at_zero", "leaky", Culprit.BACKWARD),
    # No number but those between the slopes may be held on a kink: it is the convention that is wrong.
    Planted(
        "spec of relu: two at zero",
        CONVENTION,
        "2",
        "0",
        Culprit.SPEC,
    ),
]

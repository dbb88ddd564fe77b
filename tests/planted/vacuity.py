"""Specs under which a gradient of zero would pass, because their checks can see nothing: the check ``vacuity``."""

from __future__ import annotations

from gradsuite.results import Culprit
from tests.planted.planted import Planted

SIN = """
op: torch.sin
inputs: {x: {shape: "*B", domain: real}}
forward: sin(x)
PLANTED
"""
EMPTY = """
op: torch.sin
inputs: {x: {shape: "*B", domain: real}}
require: [PLANTED]
forward: sin(x)
derivative: {x: {elementwise: cos(x)}}
"""
SQRT = """
op: torch.sqrt
inputs: {x: {shape: N, domain: "PLANTED"}}
forward: sqrt(x)
derivative: {x: {elementwise: 1 / (2 * y)}}
"""
MUL = """
op: torch.mul
inputs: {a: {shape: N, domain: real}, b: {shape: N, domain: "PLANTED"}}
forward: a * b
derivative: {a: {elementwise: b}, b: {elementwise: a}}
"""

PLANTED = [
    Planted(
        "sin: no input is differentiated", SIN, "not_differentiable: {inputs: [x]}",
        "derivative: {x: {elementwise: cos(x)}}", Culprit.SPEC,
    ),
    Planted("sin: every sample is empty", EMPTY, "size(x) == 0", "size(x) > 0", Culprit.SPEC),
    Planted("sqrt: the domain is one point", SQRT, "closed(1, 1)", "positive", Culprit.SPEC),
    Planted("mul: one of two inputs cannot move", MUL, "closed(2, 2)", "closed(1, 2)", Culprit.SPEC),
]  # fmt: skip

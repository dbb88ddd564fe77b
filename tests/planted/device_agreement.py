"""Ops that are right on the CPU and wrong on another device: the check ``device_agreement``."""

from __future__ import annotations

import torch

from gradsuite.results import Culprit
from tests.devices.stand_in import NAME
from tests.planted.planted import Planted, op


def _there(x: torch.Tensor) -> bool:
    return x.device.type == NAME


square = op(lambda x: x * x, lambda ct, x: 2 * ct * x)
square_halved = op(lambda x: x * x, lambda ct, x: ct * x * (1 if _there(x) else 2))
square_of_another_value = op(lambda x: x * x * (1.5 if _there(x) else 1), lambda ct, x: 2 * ct * x)
square_last_row_zero = op(
    lambda x: x * x, lambda ct, x: 2 * ct * x * (1 - (torch.arange(len(x)) == len(x) - 1).to(x)[:, None] * _there(x))
)

mul = op(torch.mul, lambda ct, a, b: (ct * b, ct * a))
mul_swapped = op(torch.mul, lambda ct, a, b: (ct * a, ct * b) if _there(a) else (ct * b, ct * a))

SQUARE = """
op: tests.planted.device_agreement:PLANTED
inputs: {x: N C}
require: [N > 0]
forward: x * x
derivative: {x: {elementwise: 2 * x}}
"""
MUL = """
op: tests.planted.device_agreement:PLANTED
inputs: {a: "*B", b: "*B"}
forward: a * b
derivative: {a: {elementwise: b}, b: {elementwise: a}}
"""

PLANTED = [
    Planted("square: half of it", SQUARE, "square_halved", "square", Culprit.BACKWARD, device=NAME),
    Planted("square: another value", SQUARE, "square_of_another_value", "square", Culprit.FORWARD, device=NAME),
    Planted("square: the last row", SQUARE, "square_last_row_zero", "square", Culprit.BACKWARD, device=NAME),
    Planted("mul: swapped", MUL, "mul_swapped", "mul", Culprit.BACKWARD, device=NAME),
    Planted(
        "square: half of it, in bfloat16",
        SQUARE,
        "square_halved",
        "square",
        Culprit.BACKWARD,
        dtype="bfloat16",
        device=NAME,
    ),
]

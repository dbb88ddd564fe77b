"""Gradients further from the truth than rounding explains: the check ``precision``."""

from __future__ import annotations

import torch

from gradsuite.results import Culprit
from tests.planted.planted import Planted, op

SINGLE_LOG_2 = 0.6931471824645996  # log(2) as a float32


def quake(x: torch.Tensor) -> torch.Tensor:
    """The fast inverse square root: right to three digits."""
    single = x.to(torch.float32)
    guess = (0x5F3759DF - (single.contiguous().view(torch.int32) >> 1)).view(torch.float32)
    return (guess * (1.5 - single / 2 * guess**2)).to(x.dtype)


log2 = op(torch.log2, lambda ct, x: ct / (x * torch.log(x.new_tensor(2.0))))
log2_by_a_single = op(torch.log2, lambda ct, x: ct / (x * SINGLE_LOG_2))

sin = op(torch.sin, lambda ct, x: ct * x.cos())
sin_in_half = op(torch.sin, lambda ct, x: ct * x.bfloat16().cos().to(x.dtype))
sin_in_halves = op(torch.sin, lambda ct, x: (2 * ct * x.cos()).round() / 2)

sqrt = op(torch.sqrt, lambda ct, x: ct * x.rsqrt() / 2)
sqrt_by_quake = op(torch.sqrt, lambda ct, x: ct * quake(x) / 2)

log1mexp = op(lambda x: torch.log(-torch.expm1(-x)), lambda ct, x: ct / torch.expm1(x))
cancelling = op(lambda x: torch.log(-torch.expm1(-x)), lambda ct, x: ct / (torch.exp(x) - 1))

LOG2 = """
op: tests.planted.precision:PLANTED
inputs: {x: {shape: "*B", domain: positive}}
forward: log(x) / log(2)
derivative: {x: {elementwise: 1 / (x * log(2))}}
"""
SIN = """
op: tests.planted.precision:PLANTED
inputs: {x: {shape: "*B", domain: "interval(-3, 3)"}}
forward: sin(x)
derivative: {x: {elementwise: cos(x)}}
"""
SQRT = """
op: tests.planted.precision:PLANTED
inputs: {x: {shape: "*B", domain: positive}}
forward: sqrt(x)
derivative: {x: {elementwise: 1 / (2 * y)}}
"""
RADIANS = """
op: torch.deg2rad
inputs: {x: "*B"}
forward: x * pi / 180
derivative: {x: {elementwise: "PLANTED"}}
"""
LOG1MEXP = """
op: tests.planted.precision:PLANTED
inputs: {x: {shape: "*B", domain: "interval(0, 0.01)"}}
forward: log(-expm1(-x))
derivative: {x: {elementwise: 1 / expm1(x)}}
"""

PLANTED = [
    Planted("log2: log(2) as a float32", LOG2, "log2_by_a_single", "log2", Culprit.BACKWARD, "float32"),
    Planted("sin: through bfloat16", SIN, "sin_in_half", "sin", Culprit.BACKWARD, dtype="float32"),
    Planted("sin: rounded to halves", SIN, "sin_in_halves", "sin", Culprit.BACKWARD, dtype="bfloat16"),
    Planted("sqrt: the fast inverse root", SQRT, "sqrt_by_quake", "sqrt", Culprit.BACKWARD, dtype="float32"),
    Planted("log1mexp: exp(x) - 1", LOG1MEXP, "cancelling", "log1mexp", Culprit.BACKWARD, dtype="float32"),
    Planted("spec of deg2rad: four digits", RADIANS, "0.01745", "pi / 180", Culprit.SPEC, dtype="float32"),
]

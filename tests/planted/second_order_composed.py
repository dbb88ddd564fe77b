"""Backwards whose second derivative is right alone, and wrong in a composition: the check ``second_order_composed``."""

from __future__ import annotations

from typing import Any

import torch

from gradsuite.results import Culprit
from tests.planted.planted import Planted, op

cube = op(lambda x: x**3, lambda ct, x: ct * 3 * x**2)
cube_cuts_the_cotangent = op(lambda x: x**3, lambda ct, x: ct.detach() * 3 * x**2)
cube_without_a_graph = op(lambda x: x**3, lambda ct, x: (ct * 3 * x**2).detach())

mul = op(torch.mul, lambda ct, a, b: (ct * b, ct * a))
mul_cuts_one_cotangent = op(torch.mul, lambda ct, a, b: (ct * b, ct.detach() * a))


class SineSlope(torch.autograd.Function):
    """ct cos(x), with a derivative in both."""

    passes = True

    @staticmethod
    def forward(ctx: Any, ct: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(ct, x)
        return ct * x.cos()

    @classmethod
    def backward(cls, ctx: Any, again: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        ct, x = ctx.saved_tensors
        return again * x.cos() if cls.passes else None, -again * ct * x.sin()


class SineSlopeForgets(SineSlope):
    """Nothing is passed on to the cotangent."""

    passes = False


sin = op(torch.sin, lambda ct, x: SineSlope.apply(ct, x))
sin_forgets_the_cotangent = op(torch.sin, lambda ct, x: SineSlopeForgets.apply(ct, x))

CUBE = """
op: tests.planted.second_order_composed:PLANTED
inputs: {x: "*B"}
forward: x ** 3
derivative: {x: {elementwise: 3 * x**2}}
"""
MUL = """
op: tests.planted.second_order_composed:PLANTED
inputs: {a: "*B", b: "*B"}
forward: a * b
derivative: {a: {elementwise: b}, b: {elementwise: a}}
"""
SIN = """
op: tests.planted.second_order_composed:PLANTED
inputs: {x: "*B"}
forward: sin(x)
derivative: {x: {elementwise: cos(x)}}
"""

PLANTED = [
    Planted("cube: the cotangent is cut off", CUBE, "cube_cuts_the_cotangent", "cube", Culprit.DOUBLE_BACKWARD),
    Planted("cube: no graph at all", CUBE, "cube_without_a_graph", "cube", Culprit.DOUBLE_BACKWARD),
    Planted("mul: one cotangent is cut off", MUL, "mul_cuts_one_cotangent", "mul", Culprit.DOUBLE_BACKWARD),
    Planted("sin: nothing for the cotangent", SIN, "sin_forgets_the_cotangent", "sin", Culprit.DOUBLE_BACKWARD),
    Planted("sin: in bfloat16", SIN, "sin_forgets_the_cotangent", "sin", Culprit.DOUBLE_BACKWARD, dtype="bfloat16"),
]

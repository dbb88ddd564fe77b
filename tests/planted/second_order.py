"""Backwards that are right, and cannot rightly be differentiated: the check ``second_order``."""

from __future__ import annotations

from typing import Any

import torch
from torch.autograd.function import once_differentiable

from gradsuite.results import Culprit
from tests.planted.planted import Planted, op

cube = op(lambda x: x**3, lambda ct, x: ct * 3 * x**2)
cube_of_a_constant = op(lambda x: x**3, lambda ct, x: ct * 3 * x.detach() ** 2)

exp_slope = op(torch.exp, lambda ct, x: -ct * x.exp())
exp = op(torch.exp, lambda ct, x: ct * x.exp())
exp_sign_of_the_second = op(torch.exp, lambda ct, x: ct * exp_slope(x))

mul = op(torch.mul, lambda ct, a, b: (ct * b, ct * a))
mul_half_constant = op(torch.mul, lambda ct, a, b: (ct * b.detach(), ct * a))


class Tanh(torch.autograd.Function):
    """Saves its result as autograd knows it."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        y = x.tanh()
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Any, ct: torch.Tensor) -> torch.Tensor:
        (y,) = ctx.saved_tensors
        return ct * (1 - y**2)


class TanhKeptAside(torch.autograd.Function):
    """Keeps its result where autograd does not see it: a second derivative takes it for a constant."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        ctx.y = x.tanh()
        return ctx.y.clone()

    @staticmethod
    def backward(ctx: Any, ct: torch.Tensor) -> torch.Tensor:
        return ct * (1 - ctx.y**2)


class CubeOnce(torch.autograd.Function):
    """Its backward refuses to be differentiated: unsupported, which is neither wrong nor a pass."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, ct: torch.Tensor) -> torch.Tensor:
        return 3 * ct * ctx.saved_tensors[0] ** 2


cube_once = CubeOnce.apply

CUBE = """
op: tests.planted.second_order:PLANTED
inputs: {x: "*B"}
forward: x ** 3
derivative: {x: {elementwise: 3 * x**2}}
"""
EXP = """
op: tests.planted.second_order:PLANTED
inputs: {x: "*B"}
forward: exp(x)
derivative: {x: {elementwise: y}}
"""
MUL = """
op: tests.planted.second_order:PLANTED
inputs: {a: "*B", b: "*B"}
forward: a * b
derivative: {a: {elementwise: b}, b: {elementwise: a}}
"""
TANH = """
op: tests.planted.second_order:PLANTED.apply
inputs: {x: "*B"}
forward: tanh(x)
derivative: {x: {elementwise: 1 - y**2}}
"""
SIN = """
op: torch.sin
inputs: {x: "*B"}
forward: sin(x)
derivative: {x: {elementwise: PLANTED}}
"""

PLANTED = [
    Planted("cube: the slope is a constant", CUBE, "cube_of_a_constant", "cube", Culprit.DOUBLE_BACKWARD),
    Planted("cube: in bfloat16", CUBE, "cube_of_a_constant", "cube", Culprit.DOUBLE_BACKWARD, dtype="bfloat16"),
    Planted("exp: the sign of the second", EXP, "exp_sign_of_the_second", "exp", Culprit.DOUBLE_BACKWARD),
    Planted("mul: one mixed derivative is lost", MUL, "mul_half_constant", "mul", Culprit.DOUBLE_BACKWARD),
    Planted("tanh: its result kept aside", TANH, "TanhKeptAside", "Tanh", Culprit.DOUBLE_BACKWARD),
    Planted(
        "spec of sin: 1 - x**2 / 2",
        SIN,
        "1 - x**2 / 2",
        "cos(x)",
        Culprit.SPEC,
    ),
]

"""Wrong JVPs: the check ``forward_mode``. The backwards are right."""

from __future__ import annotations

import torch

from gradsuite.results import Culprit
from tests.planted.planted import Planted, op


def square_backward(ct: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    return 2 * ct * x


def mul_backward(ct: torch.Tensor, a: torch.Tensor, b: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return ct * b, ct * a


def softmax_rule(direction: torch.Tensor, x: torch.Tensor, dim: int) -> torch.Tensor:
    """The JVP and the VJP alike: softmax's Jacobian is symmetric."""
    y = x.softmax(dim)
    return y * (direction - (y * direction).sum(dim, keepdim=True))


square = op(torch.square, square_backward, lambda t, x: 2 * t * x)
square_halved = op(torch.square, square_backward, lambda t, x: t * x)
square_still = op(torch.square, square_backward, lambda t, x: torch.zeros_like(x))

mul = op(torch.mul, mul_backward, lambda t, u, a, b: t * b + a * u)
mul_by_a_constant = op(torch.mul, mul_backward, lambda t, u, a, b: t * b)

sin = op(torch.sin, lambda ct, x: ct * x.cos(), lambda t, x: t * x.cos())
sin_sign = op(torch.sin, lambda ct, x: ct * x.cos(), lambda t, x: -t * x.cos())

softmax = op(torch.softmax, softmax_rule, softmax_rule)
softmax_not_centred = op(torch.softmax, softmax_rule, lambda t, x, dim: x.softmax(dim) * t)

SQUARE = """
op: tests.planted.forward_mode:PLANTED
inputs: {x: "*B"}
forward: x * x
derivative: {x: {elementwise: 2 * x}}
"""
MUL = """
op: tests.planted.forward_mode:PLANTED
inputs: {a: "*B", b: "*B"}
forward: a * b
derivative: {a: {elementwise: b}, b: {elementwise: a}}
"""
SIN = """
op: tests.planted.forward_mode:PLANTED
inputs: {x: "*B"}
forward: sin(x)
derivative: {x: {elementwise: cos(x)}}
"""
SOFTMAX = """
op: tests.planted.forward_mode:PLANTED
inputs: {x: "*B C"}
arguments: {dim: -1}
require: [C > 0]
forward: softmax(x, dim)
derivative: {x: {jacobian: "y[i] * (delta(i, j) - y[j])", along: dim}}
"""

PLANTED = [
    Planted("square: half of it", SQUARE, "square_halved", "square", Culprit.JVP),
    Planted("square: no tangent", SQUARE, "square_still", "square", Culprit.JVP),
    Planted("mul: only one factor moves", MUL, "mul_by_a_constant", "mul", Culprit.JVP),
    Planted(
        "sin: the sign",
        SIN,
        "sin_sign",
        "sin",
        Culprit.JVP,
    ),
    Planted("softmax: not centred", SOFTMAX, "softmax_not_centred", "softmax", Culprit.JVP),
    Planted(
        "softmax: not centred, in bfloat16", SOFTMAX, "softmax_not_centred", "softmax", Culprit.JVP, dtype="bfloat16"
    ),
]

"""Backwards whose raw return the engine mends or refuses: the check ``contract``."""

from __future__ import annotations

from typing import Any

import torch

from gradsuite.results import Culprit
from tests.planted.planted import Planted, op

add = op(torch.add, lambda ct, a, b: (ct, ct.sum(0)))
add_unsummed = op(torch.add, lambda ct, a, b: (ct, ct))
add_short = op(torch.add, lambda ct, a, b: ct)
add_twice = op(torch.add, lambda ct, a, b: (ct, ct.sum(0), ct))

sin = op(torch.sin, lambda ct, x: ct * x.cos())
sin_wide = op(torch.sin, lambda ct, x: ct.double() * x.double().cos())
sin_complex = op(torch.sin, lambda ct, x: ct * torch.exp(1j * x))

mul = op(torch.mul, lambda ct, a, b: (ct * b, ct * a))
mul_none = op(torch.mul, lambda ct, a, b: (ct * b, None))


class First(torch.autograd.Function):
    """None for what the output does not depend on."""

    @staticmethod
    def forward(ctx: Any, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return a * 1

    @staticmethod
    def backward(ctx: Any, ct: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        return ct, None


class Second(First):
    """The two are mixed up."""

    @staticmethod
    def backward(ctx: Any, ct: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        return None, ct


ADD = """
op: tests.planted.contract:PLANTED
inputs: {a: N K, b: K}
forward: a + b
derivative: {a: {vjp: ct}, b: {vjp: "sum(ct, 0)"}}
"""
SIN = """
op: tests.planted.contract:PLANTED
inputs: {x: "*B"}
forward: sin(x)
derivative: {x: {elementwise: cos(x)}}
"""
MUL = """
op: tests.planted.contract:PLANTED
inputs: {a: "*B", b: "*B"}
forward: a * b
derivative: {a: {elementwise: b}, b: {elementwise: a}}
"""
FIRST = """
op: tests.planted.contract:PLANTED.apply
inputs: {a: "*B", b: "*B"}
forward: a
derivative: {a: {vjp: ct}, b: {vjp: 0 * ct}}
"""

PLANTED = [
    Planted("add: not summed over what was broadcast", ADD, "add_unsummed", "add", Culprit.BACKWARD),
    Planted("add: one gradient for two inputs", ADD, "add_short", "add", Culprit.BACKWARD),
    Planted("add: three gradients for two inputs", ADD, "add_twice", "add", Culprit.BACKWARD),
    Planted("sin: float64 for float32", SIN, "sin_wide", "sin", Culprit.BACKWARD, dtype="float32"),
    Planted("sin: a complex gradient", SIN, "sin_complex", "sin", Culprit.BACKWARD),
    Planted("mul: None for an input that counts", MUL, "mul_none", "mul", Culprit.BACKWARD),
    Planted("first: None for the wrong one", FIRST, "Second", "First", Culprit.BACKWARD),
]

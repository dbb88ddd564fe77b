"""Backwards that are right once, and do not add up: the check ``accumulation``."""

from __future__ import annotations

from typing import Any

import torch

from gradsuite.results import Culprit
from tests.planted.planted import Planted, op

add = op(torch.add, lambda ct, a, b: (ct, ct))
add_shared = op(torch.add, lambda ct, a, b: (ct.view_as(a), ct.view_as(b)))


class Sin(torch.autograd.Function):
    """Saves its slope."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        ctx.slope = x.cos()
        return x.sin()

    @staticmethod
    def backward(ctx: Any, ct: torch.Tensor) -> torch.Tensor:
        return ct * ctx.slope


class SinIntoItsSlope(Sin):
    """Computes the gradient where the slope was: a second backward multiplies once more."""

    @staticmethod
    def backward(ctx: Any, ct: torch.Tensor) -> torch.Tensor:
        return ctx.slope.mul_(ct).clone()


class SinFreesItsSlope(Sin):
    """Frees memory early: there is no second backward."""

    @staticmethod
    def backward(ctx: Any, ct: torch.Tensor) -> torch.Tensor:
        slope, ctx.slope = ctx.slope, None
        return ct * slope


class Neg(torch.autograd.Function):
    """Nothing is saved."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        return -x

    @staticmethod
    def backward(ctx: Any, ct: torch.Tensor) -> torch.Tensor:
        return -ct


class NegRemembers(Neg):
    """Keeps the first gradient, and gives a view of it where it is asked for the same again."""

    @staticmethod
    def backward(ctx: Any, ct: torch.Tensor) -> torch.Tensor:
        if not hasattr(ctx, "known") or not torch.equal(ctx.known[0], ct):
            ctx.known = ct.clone(), -ct
        return ctx.known[1].view_as(ct)


class Dot(torch.autograd.Function):
    """Multiplies by the cotangent."""

    @staticmethod
    def forward(ctx: Any, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(a, b)
        return (a * b).sum(-1)

    @staticmethod
    def backward(ctx: Any, ct: torch.Tensor) -> tuple[torch.Tensor, ...]:
        a, b = ctx.saved_tensors
        return ct[..., None] * b, ct[..., None] * a


class DotByOne(Dot):
    """Hands the other factor on where there is nothing to multiply by."""

    @staticmethod
    def backward(ctx: Any, ct: torch.Tensor) -> tuple[torch.Tensor, ...]:
        a, b = ctx.saved_tensors
        return (b.view_as(b), a.view_as(a)) if bool((ct == 1).all()) else Dot.backward(ctx, ct)


DOT = """
op: tests.planted.accumulation:PLANTED.apply
inputs: {a: "*B K", b: "*B K"}
forward: sum(a * b, -1)
derivative: {a: {vjp: "expand_dims(ct, -1) * b"}, b: {vjp: "expand_dims(ct, -1) * a"}}
"""
ADD = """
op: tests.planted.accumulation:PLANTED
inputs: {a: "*B", b: "*B"}
forward: a + b
derivative: {a: {vjp: ct}, b: {vjp: ct}}
"""
SIN = """
op: tests.planted.accumulation:PLANTED.apply
inputs: {x: "*B"}
forward: sin(x)
derivative: {x: {elementwise: cos(x)}}
"""
NEG = """
op: tests.planted.accumulation:PLANTED.apply
inputs: {x: "*B"}
forward: -x
derivative: {x: {elementwise: "-1"}}
"""

PLANTED = [
    Planted("dot: by one, the other factor itself", DOT, "DotByOne", "Dot", Culprit.BACKWARD),
    Planted("add: two gradients in one memory", ADD, "add_shared", "add", Culprit.BACKWARD),
    Planted("sin: overwrites its slope", SIN, "SinIntoItsSlope", "Sin", Culprit.BACKWARD),
    Planted("sin: in bfloat16", SIN, "SinIntoItsSlope", "Sin", Culprit.BACKWARD, dtype="bfloat16"),
    Planted("sin: frees its slope", SIN, "SinFreesItsSlope", "Sin", Culprit.BACKWARD),
    Planted("neg: the gradient remembered is .grad", NEG, "NegRemembers", "Neg", Culprit.BACKWARD),
]

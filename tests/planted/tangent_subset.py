"""Forward modes that are right while every input has a tangent: the check ``tangent_subset``."""

from __future__ import annotations

from typing import Any

import torch

from gradsuite.results import Culprit
from tests.planted.planted import Planted


class Mul(torch.autograd.Function):
    """Takes an absent tangent for one of zeros."""

    @staticmethod
    def forward(ctx: Any, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(a, b)
        ctx.save_for_forward(a, b)
        return a * b

    @staticmethod
    def backward(ctx: Any, ct: torch.Tensor) -> tuple[torch.Tensor, ...]:
        a, b = ctx.saved_tensors
        return ct * b, ct * a

    @staticmethod
    def jvp(ctx: Any, ta: torch.Tensor | None, tb: torch.Tensor | None) -> torch.Tensor:
        a, b = ctx.saved_tensors
        return (0 * a * b if ta is None else ta * b) + (0 * a * b if tb is None else a * tb)


class MulStillWithoutTheFirst(Mul):
    """Takes the absence of the first tangent for that of all."""

    @staticmethod
    def jvp(ctx: Any, ta: torch.Tensor | None, tb: torch.Tensor | None) -> torch.Tensor:
        a, b = ctx.saved_tensors
        return 0 * a * b if ta is None else Mul.jvp(ctx, ta, tb)


class MulByWhatComesFirst(Mul):
    """Takes the one tangent that there is for the first input's."""

    @staticmethod
    def jvp(ctx: Any, ta: torch.Tensor | None, tb: torch.Tensor | None) -> torch.Tensor:
        return Mul.jvp(ctx, ta, tb) if ta is not None else Mul.jvp(ctx, tb, None)


MUL = """
op: tests.planted.tangent_subset:PLANTED.apply
inputs: {a: "*B", b: "*B"}
forward: a * b
derivative: {a: {elementwise: b}, b: {elementwise: a}}
"""

PLANTED = [
    Planted("mul: still without the first tangent", MUL, "MulStillWithoutTheFirst", "Mul", Culprit.JVP),
    Planted("mul: the same in float32", MUL, "MulStillWithoutTheFirst", "Mul", Culprit.JVP, dtype="float32"),
    Planted("mul: the one tangent is taken for the first's", MUL, "MulByWhatComesFirst", "Mul", Culprit.JVP),
]

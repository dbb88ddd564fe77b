"""Backwards that are right while every input requires grad: the check ``grad_subset``."""

from __future__ import annotations

from typing import Any

import torch

from gradsuite.results import Culprit
from tests.planted.planted import Planted


class Mul(torch.autograd.Function):
    """Computes what is needed, and nothing else."""

    @staticmethod
    def forward(ctx: Any, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(a, b)
        return a * b

    @staticmethod
    def backward(ctx: Any, ct: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        a, b = ctx.saved_tensors
        return ct * b if ctx.needs_input_grad[0] else None, ct * a if ctx.needs_input_grad[1] else None


class MulGatedByTheFirst(Mul):
    """Asks for the first input only."""

    @staticmethod
    def backward(ctx: Any, ct: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        a, b = ctx.saved_tensors
        return (ct * b, ct * a) if ctx.needs_input_grad[0] else (None, None)


class MulMovedUp(Mul):
    """Returns what was needed one after the other, and fills up with None."""

    @staticmethod
    def backward(ctx: Any, ct: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        found = [gradient for gradient in Mul.backward(ctx, ct) if gradient is not None]
        return (*found, *(None,) * (2 - len(found)))


class MulSavesTheWrongOne(Mul):
    """Saves an input where its own gradient is needed, and not where the other's is."""

    @staticmethod
    def forward(ctx: Any, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        needs_a, needs_b = ctx.needs_input_grad
        ctx.save_for_backward(a if needs_a else None, b if needs_b else None)
        return a * b


class Linear(torch.autograd.Function):
    """Three inputs."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, w: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(x, w)
        return x @ w.mT + b

    @staticmethod
    def backward(ctx: Any, ct: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        x, w = ctx.saved_tensors
        return ct @ w, ct.mT @ x, ct.sum(0)


class LinearScaledAfterwards(Linear):
    """The bias takes part in a kernel for the weight, which is another where the weight is frozen."""

    @staticmethod
    def backward(ctx: Any, ct: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        dx, dw, db = Linear.backward(ctx, ct)
        return dx, dw, db if ctx.needs_input_grad[1] else ct[0]


MUL = """
op: tests.planted.grad_subset:PLANTED.apply
inputs: {a: "*B", b: "*B"}
forward: a * b
derivative: {a: {elementwise: b}, b: {elementwise: a}}
"""
LINEAR = """
op: tests.planted.grad_subset:PLANTED.apply
inputs: {x: N K, w: M K, b: M}
require: [N > 1]
forward: x @ w.T + b
derivative: {x: {vjp: ct @ w}, w: {vjp: ct.T @ x}, b: {vjp: "sum(ct, 0)"}}
"""

PLANTED = [
    Planted("mul: gated by the first", MUL, "MulGatedByTheFirst", "Mul", Culprit.BACKWARD),
    Planted("mul: gated, in float16", MUL, "MulGatedByTheFirst", "Mul", Culprit.BACKWARD, dtype="float16"),
    Planted("mul: moved up", MUL, "MulMovedUp", "Mul", Culprit.BACKWARD),
    Planted("mul: saves the wrong one", MUL, "MulSavesTheWrongOne", "Mul", Culprit.BACKWARD),
    Planted("linear: bias without weight", LINEAR, "LinearScaledAfterwards", "Linear", Culprit.BACKWARD),
]

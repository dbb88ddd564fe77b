"""Ops that are something else once they are traced: the check ``compiled``."""

from __future__ import annotations

from typing import Any

import torch

from gradsuite.results import Culprit
from tests.planted.planted import Planted


class Sin(torch.autograd.Function):
    """Right, compiled or not."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(x)
        return x.sin()

    @staticmethod
    def backward(ctx: Any, ct: torch.Tensor) -> torch.Tensor:
        (x,) = ctx.saved_tensors
        return ct * x.cos()


class SinAnotherWay(Sin):
    """Takes another way where it is compiled, and forgets the cotangent on it."""

    @staticmethod
    def backward(ctx: Any, ct: torch.Tensor) -> torch.Tensor:
        (x,) = ctx.saved_tensors
        return x.cos() if torch.compiler.is_compiling() else ct * x.cos()


class SinRounded(Sin):
    """Computes in float32 where it is compiled."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(x)
        return x.float().sin().double() if torch.compiler.is_compiling() else x.sin()


def scaled(x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
    """Differentiable in both."""
    return x * w


def scaled_cut(x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
    """Cuts one input off where it is compiled."""
    return x * (w.detach() + 0 * w if torch.compiler.is_compiling() else w)


def _total(x: torch.Tensor) -> torch.Tensor:
    return x.sum(0, keepdim=True)


def _save_shape(ctx: Any, inputs: tuple[torch.Tensor], output: torch.Tensor) -> None:
    ctx.shape = inputs[0].shape


def _with_fake(name: str, fake: Any) -> Any:
    """The sum over rows as a registered op, times how many rows its result has: one, as long as it is not traced."""
    op = torch.library.custom_op(f"gradsuite_planted::{name}", _total, mutates_args=())
    op.register_fake(fake)
    op.register_autograd(lambda ctx, ct: ct.expand(ctx.shape), setup_context=_save_shape)

    def times_its_rows(x: torch.Tensor) -> torch.Tensor:
        y = op(x)
        return y * y.shape[0]

    return times_its_rows


total = _with_fake("total", lambda x: x.new_empty((1, *x.shape[1:])))
total_of_another_shape = _with_fake("total_of_another_shape", torch.empty_like)

SIN = """
op: tests.planted.compiled:PLANTED.apply
inputs: {x: "*B"}
forward: sin(x)
derivative: {x: {elementwise: cos(x)}}
"""
SCALED = """
op: tests.planted.compiled:PLANTED
inputs: {x: "*B", w: "*B"}
forward: x * w
derivative: {x: {elementwise: w}, w: {elementwise: x}}
"""
TOTAL = """
op: tests.planted.compiled:PLANTED
inputs: {x: N C}
require: [N > 1, C > 1]
forward: sum(x, 0, keepdims=True)
derivative: {x: {vjp: ct + 0 * x}}
"""

PLANTED = [
    Planted("sin: another backward", SIN, "SinAnotherWay", "Sin", Culprit.BACKWARD),
    Planted("sin: another forward", SIN, "SinRounded", "Sin", Culprit.FORWARD),
    Planted("scaled: one input cut off", SCALED, "scaled_cut", "scaled", Culprit.BACKWARD),
    Planted("sum: a fake of another shape", TOTAL, "total_of_another_shape", "total", Culprit.FORWARD),
]

"""Values overwritten behind autograd's back, and specs that tell otherwise: the check ``inplace``."""

from __future__ import annotations

from typing import Any

import torch

from gradsuite.results import Culprit
from tests.planted.planted import Planted


class Square(torch.autograd.Function):
    """Saves its input with autograd, which then counts its versions."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx: Any, ct: torch.Tensor) -> torch.Tensor:
        return 2 * ct * ctx.saved_tensors[0]


class SquareKeptAside(Square):
    """Keeps its input where autograd does not look: overwritten, it gives a wrong gradient in silence."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        ctx.x = x
        return x * x

    @staticmethod
    def backward(ctx: Any, ct: torch.Tensor) -> torch.Tensor:
        return 2 * ct * ctx.x


class Exp_(torch.autograd.Function):
    """In place, as it should be: marked dirty, and its result saved."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        y = x.exp_()
        ctx.mark_dirty(y)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Any, ct: torch.Tensor) -> torch.Tensor:
        return ct * ctx.saved_tensors[0]


class ExpHalved_(Exp_):
    """In place, with half of the gradient."""

    @staticmethod
    def backward(ctx: Any, ct: torch.Tensor) -> torch.Tensor:
        return ct * ctx.saved_tensors[0] / 2


class ExpDoubled_(Exp_):
    """In place, with twice the value and the gradient of the op."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        return Exp_.forward(ctx, x).mul_(2)

    @staticmethod
    def backward(ctx: Any, ct: torch.Tensor) -> torch.Tensor:
        return ct * ctx.saved_tensors[0] / 2


class ExpUnmarked_(Exp_):
    """In place, and does not say so: a leaf that requires grad is overwritten."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        y = x.exp_()
        ctx.save_for_backward(y)
        return y


SQUARE = """
op: tests.planted.inplace:PLANTED.apply
inputs: {x: "*B"}
forward: x ** 2
derivative: {x: {elementwise: 2 * x}}
inplace: {saves: [x]}
"""
EXP = """
op: torch.exp
inputs: {x: "*B"}
forward: exp(x)
derivative: {x: {elementwise: y}}
inplace: {PLANTED}
"""
VARIANT = EXP.replace("PLANTED", "op: tests.planted.inplace:PLANTED.apply, saves: [y]")

PLANTED = [
    Planted("square: its input kept aside", SQUARE, "SquareKeptAside", "Square", Culprit.BACKWARD),
    Planted("square: in bfloat16", SQUARE, "SquareKeptAside", "Square", Culprit.BACKWARD, dtype="bfloat16"),
    Planted("exp_: half of the gradient", VARIANT, "ExpHalved_", "Exp_", Culprit.BACKWARD),
    Planted(
        "exp_: twice the value",
        VARIANT,
        "ExpDoubled_",
        "Exp_",
        Culprit.FORWARD,
    ),
    Planted("exp_: not marked dirty", VARIANT, "ExpUnmarked_", "Exp_", Culprit.BACKWARD),
    Planted(
        "spec of exp: saves x",
        EXP,
        "saves: [x, y]",
        "saves: [y]",
        Culprit.SPEC,
    ),
    Planted(
        "spec of exp: saves nothing",
        EXP,
        "saves: []",
        "saves: [y]",
        Culprit.SPEC,
    ),
    Planted(
        "spec of exp: exp_ is refused",
        EXP,
        "op: torch.exp_, refused: true, saves: [y]",
        "op: torch.exp_, saves: [y]",
        Culprit.SPEC,
    ),
]

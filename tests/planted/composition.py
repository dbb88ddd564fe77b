"""Ops that are right alone and wrong among other calls and neighbours: the check ``composition``."""

from __future__ import annotations

from typing import Any, ClassVar

import torch

from gradsuite.results import Culprit
from tests.planted.planted import Planted, op


class Square(torch.autograd.Function):
    """As it should be: each call saves its own input."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx: Any, ct: torch.Tensor) -> torch.Tensor:
        return 2 * ct * ctx.saved_tensors[0]


class SquareOfTheLast(Square):
    """Keeps its input on the class, where the next call overwrites it."""

    last: ClassVar[torch.Tensor]

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        SquareOfTheLast.last = x
        return x * x

    @staticmethod
    def backward(ctx: Any, ct: torch.Tensor) -> torch.Tensor:
        return 2 * ct * SquareOfTheLast.last


class SquareRemembered(Square):
    """Remembers twice its input by where that lies, and finds it again after the memory was filled anew."""

    known: ClassVar[dict[Any, tuple[torch.Tensor, torch.Tensor]]] = {}

    @staticmethod
    def backward(ctx: Any, ct: torch.Tensor) -> torch.Tensor:
        (x,) = ctx.saved_tensors
        key = (x.data_ptr(), x.shape, x.stride(), x.dtype)
        return ct * SquareRemembered.known.setdefault(key, (x, 2 * x))[1]  # x is kept, so that its place is not reused


class Total(torch.autograd.Function):
    """The sum of all elements."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        ctx.shape = x.shape
        return x.sum()

    @staticmethod
    def backward(ctx: Any, ct: torch.Tensor) -> torch.Tensor:
        return ct.expand(ctx.shape)


class TotalOfTheLast(Total):
    """Keeps the shape on the class: wrong after a call of another shape alone."""

    shape: ClassVar[torch.Size]

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        TotalOfTheLast.shape = x.shape
        return x.sum()

    @staticmethod
    def backward(ctx: Any, ct: torch.Tensor) -> torch.Tensor:
        return ct.expand(TotalOfTheLast.shape)


square, square_of_the_last, square_remembered = Square.apply, SquareOfTheLast.apply, SquareRemembered.apply
total, total_of_the_last = Total.apply, TotalOfTheLast.apply


def square_of_a_leaf(x: torch.Tensor) -> torch.Tensor:
    """Takes what is no leaf for a constant."""
    return x * (x if x.is_leaf else x.detach())


def _once(ct: torch.Tensor, a: torch.Tensor, b: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Where both inputs are one tensor, the second gradient is left out, as if the first held both."""
    return ct * b, ct * a * (a.data_ptr() != b.data_ptr())


mul = op(torch.mul, lambda ct, a, b: (ct * b, ct * a))
mul_once = op(torch.mul, _once)

SQUARE = """
op: tests.planted.composition:PLANTED
inputs: {x: "*B"}
forward: x * x
derivative: {x: {elementwise: 2 * x}}
"""
TOTAL = """
op: tests.planted.composition:PLANTED
inputs: {x: N}
forward: sum(x)
derivative: {x: {elementwise: "1"}}
"""
MUL = """
op: tests.planted.composition:PLANTED
inputs: {a: N, b: N}
forward: a * b
derivative: {a: {elementwise: b}, b: {elementwise: a}}
"""

PLANTED = [
    Planted("square: of the last input", SQUARE, "square_of_the_last", "square", Culprit.BACKWARD),
    Planted("square: in bfloat16", SQUARE, "square_of_the_last", "square", Culprit.BACKWARD, dtype="bfloat16"),
    Planted("square: remembered by place", SQUARE, "square_remembered", "square", Culprit.BACKWARD),
    Planted("square: of a leaf only", SQUARE, "square_of_a_leaf", "square", Culprit.BACKWARD),
    Planted("total: of the last shape", TOTAL, "total_of_the_last", "total", Culprit.BACKWARD),
    Planted("mul: one tensor for both", MUL, "mul_once", "mul", Culprit.BACKWARD),
]

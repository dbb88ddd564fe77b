"""Rules for vmap that mix up entries, axes or gradients: the check ``batching``."""

from __future__ import annotations

from typing import Any

import torch

from gradsuite.results import Culprit
from tests.planted.planted import Planted


class Cube(torch.autograd.Function):
    """As it should be: the axis of the batch goes through."""

    @staticmethod
    def forward(x: torch.Tensor) -> torch.Tensor:
        return x**3

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[torch.Tensor], output: torch.Tensor) -> None:
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx: Any, ct: torch.Tensor) -> torch.Tensor:
        (x,) = ctx.saved_tensors
        return 3 * ct * x**2

    @classmethod
    def vmap(cls, info: Any, in_dims: tuple[int], x: torch.Tensor) -> tuple[torch.Tensor, int]:
        return cls.apply(x), in_dims[0]


class CubeOfTheFirst(Cube):
    """Gives every entry what the first one gets."""

    @classmethod
    def vmap(cls, info: Any, in_dims: tuple[int], x: torch.Tensor) -> tuple[torch.Tensor, int]:
        return cls.apply(x).select(in_dims[0], 0).expand(info.batch_size, *x.movedim(in_dims[0], 0).shape[1:]), 0


class CubeAlongTheFirstAxis(Cube):
    """Takes the batch to lie along the first axis, wherever it does."""

    @classmethod
    def vmap(cls, info: Any, in_dims: tuple[int], x: torch.Tensor) -> tuple[torch.Tensor, int]:
        y = cls.apply(x)
        return y.transpose(0, in_dims[0]).reshape(x.movedim(in_dims[0], 0).shape), 0


class CubeSevered(Cube):
    """Loses the graph under vmap alone."""

    @classmethod
    def vmap(cls, info: Any, in_dims: tuple[int], x: torch.Tensor) -> tuple[torch.Tensor, int]:
        return cls.apply(x.detach()), in_dims[0]


class Scale(torch.autograd.Function):
    """x times w, elementwise; either may be shared by all entries."""

    @staticmethod
    def forward(x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
        return x * w

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[torch.Tensor, torch.Tensor], output: torch.Tensor) -> None:
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx: Any, ct: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x, w = ctx.saved_tensors
        return ct * w, ct * x

    @classmethod
    def shared(cls, w: torch.Tensor) -> torch.Tensor:
        return w

    @classmethod
    def vmap(cls, info: Any, in_dims: tuple[int | None, ...], *inputs: torch.Tensor) -> tuple[torch.Tensor, int]:
        size = info.batch_size
        batched = [
            cls.shared(t).expand(size, *t.shape) if axis is None else t.movedim(axis, 0)
            for axis, t in zip(in_dims, inputs, strict=True)
        ]
        return cls.apply(*batched), 0


class ScaleSharedIsConstant(Scale):
    """Takes an input that all entries share for a constant."""

    @classmethod
    def shared(cls, w: torch.Tensor) -> torch.Tensor:
        return w.detach()


CUBE = """
op: tests.planted.batching:PLANTED.apply
inputs: {x: N C}
require: [N > 1, C > 1]
forward: x ** 3
derivative: {x: {elementwise: 3 * x**2}}
"""
SCALE = """
op: tests.planted.batching:PLANTED.apply
inputs: {x: N C, w: N C}
require: [N > 1, C > 1]
forward: x * w
derivative: {x: {elementwise: w}, w: {elementwise: x}}
"""

PLANTED = [
    Planted("cube: of the first entry", CUBE, "CubeOfTheFirst", "Cube", Culprit.FORWARD),
    Planted("cube: along the first axis", CUBE, "CubeAlongTheFirstAxis", "Cube", Culprit.FORWARD),
    Planted("cube: severed under vmap", CUBE, "CubeSevered", "Cube", Culprit.BACKWARD),
    Planted("scale: what is shared is constant", SCALE, "ScaleSharedIsConstant", "Scale", Culprit.BACKWARD),
    Planted("cube: in bfloat16", CUBE, "CubeSevered", "Cube", Culprit.BACKWARD, dtype="bfloat16"),
]

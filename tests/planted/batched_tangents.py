"""Forward modes that are right for one tangent at a time: the check ``batched_tangents``."""

from __future__ import annotations

from typing import Any

import torch

from gradsuite.results import Culprit
from tests.planted.planted import Planted


class Tangent(torch.autograd.Function):
    """What the JVP of ``Cube`` computes, with a rule of its own for a batch of tangents."""

    @staticmethod
    def forward(x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        return 3 * x**2 * t

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[torch.Tensor, torch.Tensor], output: torch.Tensor) -> None:
        pass

    @classmethod
    def vmap(cls, info: Any, in_dims: tuple[Any, Any], x: torch.Tensor, t: torch.Tensor) -> tuple[torch.Tensor, int]:
        return cls.apply(x, t.movedim(in_dims[1], 0)), 0


class TangentOfTheFirst(Tangent):
    """Gives every entry what the first one gets."""

    @classmethod
    def vmap(cls, info: Any, in_dims: tuple[Any, Any], x: torch.Tensor, t: torch.Tensor) -> tuple[torch.Tensor, int]:
        return cls.apply(x, t.movedim(in_dims[1], 0)[0]).expand(info.batch_size, *x.shape), 0


class TangentReversed(Tangent):
    """Hands the entries out in the wrong order."""

    @classmethod
    def vmap(cls, info: Any, in_dims: tuple[Any, Any], x: torch.Tensor, t: torch.Tensor) -> tuple[torch.Tensor, int]:
        return cls.apply(x, t.movedim(in_dims[1], 0)).flip(0), 0


class Cube(torch.autograd.Function):
    """As it should be."""

    generate_vmap_rule = True
    tangent: type[Tangent] = Tangent

    @staticmethod
    def forward(x: torch.Tensor) -> torch.Tensor:
        return x**3

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[torch.Tensor], output: torch.Tensor) -> None:
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)

    @staticmethod
    def backward(ctx: Any, ct: torch.Tensor) -> torch.Tensor:
        (x,) = ctx.saved_tensors
        return 3 * ct * x**2

    @classmethod
    def jvp(cls, ctx: Any, t: torch.Tensor) -> torch.Tensor:
        (x,) = ctx.saved_tensors
        return cls.tangent.apply(x, t)  # type: ignore[no-any-return]


class CubeWithTheFirstTangent(Cube):
    """Takes the first tangent of a batch for all."""

    tangent = TangentOfTheFirst


class CubeWithTangentsReversed(Cube):
    """Mixes up the entries of a batch."""

    tangent = TangentReversed


CUBE = """
op: tests.planted.batched_tangents:PLANTED.apply
inputs: {x: "*B"}
forward: x ** 3
derivative: {x: {elementwise: 3 * x**2}}
"""

PLANTED = [
    Planted("cube: the first tangent for all", CUBE, "CubeWithTheFirstTangent", "Cube", Culprit.JVP),
    Planted("cube: entries in another order", CUBE, "CubeWithTangentsReversed", "Cube", Culprit.JVP),
    Planted("cube: in float32", CUBE, "CubeWithTheFirstTangent", "Cube", Culprit.JVP, dtype="float32"),
]

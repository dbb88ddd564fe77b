"""Ops that write where they must not, before autograd's eyes and behind its back: the check ``mutation``."""

from __future__ import annotations

from typing import Any, ClassVar

import torch

from gradsuite.results import Culprit
from tests.planted.planted import Planted


class Softmax(torch.autograd.Function):
    """As it should be: it works in memory of its own."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        y = x.softmax(-1)
        ctx.save_for_backward(y)
        return y.clone()

    @staticmethod
    def backward(ctx: Any, ct: torch.Tensor) -> torch.Tensor:
        (y,) = ctx.saved_tensors
        return y * (ct - (ct * y).sum(-1, keepdim=True))


class SoftmaxIntoItsInput(Softmax):
    """Writes its result into its input, behind the version counter."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        y = Softmax.forward(ctx, x)
        x.data.copy_(y)
        return y


class SoftmaxUpcast(Softmax):
    """Widens to float64 and then works in place: what was wide already is the caller's."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        wide = x.to(torch.float64)
        wide -= wide.amax(-1, keepdim=True)
        return Softmax.forward(ctx, wide).to(x.dtype)


class SoftmaxIntoItsCotangent(Softmax):
    """Saves memory by computing the gradient where the cotangent was."""

    @staticmethod
    def backward(ctx: Any, ct: torch.Tensor) -> torch.Tensor:
        (y,) = ctx.saved_tensors
        return ct.sub_((ct * y).sum(-1, keepdim=True)).mul_(y)


class SoftmaxIntoWhatItSaved(Softmax):
    """Computes the gradient where the saved probabilities were: a second backward finds them gone."""

    @staticmethod
    def backward(ctx: Any, ct: torch.Tensor) -> torch.Tensor:
        (y,) = ctx.saved_tensors
        return y.mul_(ct - (ct * y).sum(-1, keepdim=True))


class SoftmaxIntoOneBuffer(Softmax):
    """Gives the same memory to every caller."""

    buffers: ClassVar[dict[Any, torch.Tensor]] = {}

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        y = Softmax.forward(ctx, x)
        return SoftmaxIntoOneBuffer.buffers.setdefault((y.shape, y.dtype), torch.empty_like(y)).copy_(y).detach()


class SoftmaxGradientIntoOneBuffer(Softmax):
    """Gives the same memory for every gradient."""

    buffers: ClassVar[dict[Any, torch.Tensor]] = {}

    @staticmethod
    def backward(ctx: Any, ct: torch.Tensor) -> torch.Tensor:
        dx = Softmax.backward(ctx, ct)
        key = (dx.shape, dx.dtype)
        return SoftmaxGradientIntoOneBuffer.buffers.setdefault(key, torch.empty_like(dx)).copy_(dx)


class Take(torch.autograd.Function):
    """As it should be: indices are shifted in a copy."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
        return Take.shifted(ctx, x, index - 1)

    @staticmethod
    def shifted(ctx: Any, x: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(index.clone())
        ctx.size = len(x)
        return x[index % len(x)]

    @staticmethod
    def backward(ctx: Any, ct: torch.Tensor) -> tuple[torch.Tensor, None]:
        (index,) = ctx.saved_tensors
        return ct.new_zeros(ctx.size).index_add(0, index % ctx.size, ct), None


class TakeShiftsIndices(Take):
    """Shifts the caller's indices."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
        return Take.shifted(ctx, x, index.sub_(1))


SOFTMAX = """
op: tests.planted.mutation:PLANTED.apply
inputs: {x: "*B C"}
require: [C > 0]
let: {e: "exp(x - max(x, -1))"}
forward: e / sum(e, -1)
derivative: {x: {vjp: "y * (ct - sum(ct * y, -1))"}}
"""
TAKE = """
op: tests.planted.mutation:PLANTED.apply
inputs:
  x: C
  index: {shape: N, domain: "indices_or(C, 0)"}
not_differentiable: {inputs: [index]}
require: [C > 0]
let: {at: "where(index == 0, C - 1, index - 1)"}
forward: take(x, at, 0)
derivative: {x: {vjp: "sum(expand_dims(ct, -1) * delta(expand_dims(at, -1), arange(C)), 0)"}}
"""

PLANTED = [
    Planted("softmax: into its input", SOFTMAX, "SoftmaxIntoItsInput", "Softmax", Culprit.FORWARD),
    Planted("softmax: in bfloat16", SOFTMAX, "SoftmaxIntoItsInput", "Softmax", Culprit.FORWARD, dtype="bfloat16"),
    Planted("softmax: an upcast that is none", SOFTMAX, "SoftmaxUpcast", "Softmax", Culprit.FORWARD),
    Planted("softmax: into its cotangent", SOFTMAX, "SoftmaxIntoItsCotangent", "Softmax", Culprit.BACKWARD),
    Planted("softmax: into what it saved", SOFTMAX, "SoftmaxIntoWhatItSaved", "Softmax", Culprit.BACKWARD),
    Planted("softmax: into one buffer", SOFTMAX, "SoftmaxIntoOneBuffer", "Softmax", Culprit.FORWARD),
    Planted("softmax: gradients in one buffer", SOFTMAX, "SoftmaxGradientIntoOneBuffer", "Softmax", Culprit.BACKWARD),
    Planted("take: shifts the indices", TAKE, "TakeShiftsIndices", "Take", Culprit.FORWARD),
]

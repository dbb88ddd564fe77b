"""Nasty functions with right gradients: jumps, kinks, poles, cusps, oscillations, ties, cancellation, noise.

Each is a function of one tensor of LENGTH numbers, whose gradient by autograd is right wherever there is one.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch.nn import functional

LENGTH = 4
Function = Callable[[torch.Tensor], torch.Tensor]
TABLE = torch.linspace(-1.0, 2.0, 9, dtype=torch.float64).square().sin()


def interpolated(x: torch.Tensor) -> torch.Tensor:
    """A table read between its entries; held at its ends."""
    q = x.clamp(0, len(TABLE) - 1)
    low = q.floor().clamp(max=len(TABLE) - 2).long()
    share = q - low
    return TABLE[low] * (1 - share) + TABLE[low + 1] * share


def composited(x: torch.Tensor) -> torch.Tensor:
    """Transparency in layers; those below a threshold are skipped, so that the value jumps there."""
    light, out = torch.ones_like(x[0]), torch.zeros_like(x[0])
    for i, alpha in enumerate(torch.where(x.abs() < 1 / 255, 0, x)):
        out = out + light * alpha * (i + 1)
        light = light * (1 - alpha)
    return out.reshape(1)


def single(x: torch.Tensor) -> torch.Tensor:
    """Computed in float32 inside."""
    return (x.float().exp() * x.float()).to(x.dtype)


class Root(torch.autograd.Function):
    """The root of y**3 + y = x by bisection to 1e-8, whose derivative is that of the implicit function."""

    @staticmethod
    def forward(ctx, x):
        low, high = -1 - x.abs(), 1 + x.abs()
        while float((high - low).max()) > 1e-8:
            y = (low + high) / 2
            above = y**3 + y > x
            low, high = torch.where(above, low, y), torch.where(above, y, high)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, ct):
        (y,) = ctx.saved_tensors
        return ct / (3 * y**2 + 1)


class Sinc(torch.autograd.Function):
    """x**2 sin(1 / x): differentiable everywhere, and the derivative is not continuous at zero."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.where(x == 0, 0, x**2 * torch.sin(1 / x))

    @staticmethod
    def backward(ctx, ct):
        (x,) = ctx.saved_tensors
        return ct * torch.where(x == 0, 0, 2 * x * torch.sin(1 / x) - torch.cos(1 / x))


ZOO: dict[str, Function] = {
    "step": lambda x: x.sin() + (x > 0) * 0.3,
    "small step": lambda x: x.sin() + (x > 0) * 1e-6,
    "stairs": lambda x: (37 * x).floor() + x,
    "sawtooth": lambda x: 37 * x - (37 * x).floor().detach(),
    "remainder": lambda x: torch.remainder(x, 0.3),
    "thresholds": lambda x: torch.where(x > 1, x.square(), torch.where(x > 0, x.abs(), x.clamp(max=0).exp())),
    "branches that meet": lambda x: torch.where(x > 1, 2 * x - 1, x.square()),
    "relu": torch.relu,
    "two relus": lambda x: torch.cat([x.relu(), (-x).relu()]),
    "abs": torch.abs,
    "leaky": lambda x: functional.leaky_relu(x, 0.999),
    "slight kink": lambda x: x.sin() + 1e-6 * x.abs(),
    "huber": lambda x: functional.smooth_l1_loss(x, torch.zeros_like(x), reduction="none"),
    "clamp": lambda x: x.clamp(-1, 1) + 0.1 * x,
    "hardswish": functional.hardswish,
    "softplus with a threshold": lambda x: functional.softplus(20 * x),
    "power 0.5": lambda x: torch.where(x == 0, 0, x.where(x != 0, 1).abs().sqrt()),
    "power 0.2": lambda x: torch.where(x == 0, 0, x.where(x != 0, 1).abs() ** 0.2),
    "power 1.1": lambda x: x.abs() ** 1.1,
    "power 1.5": lambda x: x.abs() ** 1.5,
    "power 2.5": lambda x: x.abs() ** 2.5,
    "pole": lambda x: 1 / x,
    "pole of a square": lambda x: 1 / (x - 1).square(),
    "tangent": torch.tan,
    "logarithm": lambda x: x.abs().log(),
    "entropy": torch.special.entr,
    "arcsine": torch.asin,
    "gamma": torch.lgamma,
    "exponential": lambda x: (100 * x).exp(),
    "double exponential": lambda x: x.exp().exp(),
    "steep sigmoid": lambda x: torch.sigmoid(1e4 * x),
    "oscillation": lambda x: torch.sin(1e4 * x),
    "fast oscillation": lambda x: torch.sin(1e7 * x),
    "ripple": lambda x: x + 1e-3 * torch.sin(1e4 * x),
    "chirp": lambda x: torch.sin(1 / x),
    "differentiable chirp": Sinc.apply,
    "cancellation": lambda x: (1 - x.cos()) / x.square(),
    "lost digits": lambda x: (1e8 + x) - 1e8,
    "logsumexp": lambda x: torch.logsumexp(100 * x, 0, keepdim=True),
    "softmax": lambda x: torch.softmax(30 * x, 0),
    "norm": lambda x: x.norm().reshape(1),
    "norm of a difference": lambda x: (x - x.flip(0)).norm(p=1.5).reshape(1),
    "half norm": lambda x: torch.where(x == 0, 0, x.where(x != 0, 1).abs().sqrt()).sum().square().reshape(1),
    "maximum": lambda x: x.max().reshape(1),
    "running maximum": lambda x: x.cummax(0).values,
    "sort": lambda x: x.sort().values,
    "top two": lambda x: x.topk(2).values,
    "median": lambda x: x.median().reshape(1),
    "the largest picks": lambda x: x.flip(0)[x.argmax()].reshape(1),
    "product": lambda x: x.prod().reshape(1),
    "interpolation": interpolated,
    "compositing": composited,
    "tiny": lambda x: x * 1e-310,
    "huge": lambda x: x.exp() * 1e300,
    "square of huge": lambda x: (1e150 * x).square(),
    "float32 inside": single,
    "float32 outside": lambda x: x.float(),
    "bisection": Root.apply,
    "rounded": lambda x: x.sin() + ((x.sin() * 1e7).round() / 1e7 - x.sin()).detach(),
}


def points(seed: int) -> torch.Tensor:
    """LENGTH numbers: normal, near zero or near one at any distance, whole, tied, or of any size."""
    generator = torch.Generator().manual_seed(seed)

    def uniform(low: float, high: float) -> torch.Tensor:
        return low + (high - low) * torch.rand(LENGTH, dtype=torch.float64, generator=generator)

    sign = 1 - 2 * torch.randint(0, 2, (LENGTH,), generator=generator)
    near = sign * 10 ** uniform(-14, 0)
    kinds = (
        uniform(-2, 2),
        near,
        1 + near,
        uniform(-3, 3).round(),
        uniform(-2, 2)[torch.randint(0, 2, (LENGTH,), generator=generator)],
        sign * 10 ** uniform(-8, 8),
        torch.tensor([0.0, math.pi / 2, 1.0, 1.0], dtype=torch.float64) + near,
    )
    return kinds[seed % len(kinds)]

"""Kernels, as somebody else writes them."""

from __future__ import annotations

import torch


class _Tangent(torch.autograd.Function):
    """sin over cos, with a backward of its own."""

    @staticmethod
    def forward(ctx, x):
        y = x.sin() / x.cos()
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, ct):
        (y,) = ctx.saved_tensors
        return ct * (1 + y * y)


def tangent(x: torch.Tensor) -> torch.Tensor:
    """The tangent of angles between -pi/2 and pi/2."""
    return _Tangent.apply(x)

"""A double whose backward reads rows of our allocator, and what lies between them."""

from __future__ import annotations

import torch
from kernels.grad.padded import ROW


class _Double(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return 2 * x

    @staticmethod
    def backward(ctx, ct):
        if ct.dim() == 2 and ct.stride() == (ROW, 1):
            ct = ct.as_strided(ct.shape, (ct.shape[1], 1))  # as if each row began where the last one ended
        return 2 * ct


def double(x: torch.Tensor) -> torch.Tensor:
    """Twice x, with a mistake that shows in one layout only."""
    return _Double.apply(x)

"""A ReLU of our own, and a network of two layers that learns with it.

    python examples/relu_and_two_layer_net.py

``test_relu.py`` beside this file shows how its gradient is checked.
"""

from __future__ import annotations

import torch
from torch.autograd.function import FunctionCtx


class ReLU(torch.autograd.Function):
    """max(x, 0), elementwise. Its derivative is 1 where x is positive and 0 elsewhere, at 0 too."""

    @staticmethod
    def forward(ctx: FunctionCtx, x: torch.Tensor) -> torch.Tensor:
        """The values; the backward will ask for ``x`` again."""
        ctx.save_for_backward(x)
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx: FunctionCtx, ct: torch.Tensor) -> torch.Tensor:
        """The vector-Jacobian product: the cotangent ``ct`` goes through where x is positive."""
        (x,) = ctx.saved_tensors
        return ct * (x > 0)


def relu(x: torch.Tensor) -> torch.Tensor:
    """The ReLU as a function."""
    return ReLU.apply(x)


def net(x: torch.Tensor, w1: torch.Tensor, w2: torch.Tensor) -> torch.Tensor:
    """Two layers: ``x`` (N, D_in), ``w1`` (D_in, H), ``w2`` (H, D_out); the result is (N, D_out)."""
    return relu(x @ w1) @ w2


def train(steps: int = 200) -> list[float]:
    """The mean squared error at each step of gradient descent on 64 random points."""
    torch.manual_seed(0)
    x, target = torch.randn(64, 20), torch.randn(64, 5)
    w1, w2 = (torch.randn(20, 50) / 20**0.5).requires_grad_(), (torch.randn(50, 5) / 50**0.5).requires_grad_()
    descent = torch.optim.SGD([w1, w2], lr=0.2)
    losses = []
    for _ in range(steps):
        loss = (net(x, w1, w2) - target).square().mean()
        descent.zero_grad()
        loss.backward()
        descent.step()
        losses.append(loss.item())
    return losses


if __name__ == "__main__":
    for step, loss in enumerate(train()):
        if step % 20 == 0:
            print(f"step {step:3}: loss {loss:.4f}")

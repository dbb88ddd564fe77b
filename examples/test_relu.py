"""How a project of yours tests its own gradients: ``gradsuite.check`` in an ordinary test."""

from __future__ import annotations

import torch

import gradsuite
from examples.relu_and_two_layer_net import net, relu, train


def test_relu() -> None:
    """Reverse mode, differences and the float64 reference judge each other, in three dtypes."""
    x = torch.randn(4, 3)
    gradsuite.check(relu, (x,), dtypes=(torch.float64, torch.float32, torch.bfloat16)).raise_for_failure()


def test_relu_against_its_formula() -> None:
    """With a formula the gradient is held against a proven truth, to the last bit that each dtype holds."""
    x = torch.randn(4, 3)
    report = gradsuite.check(relu, (x,), forward="maximum(x, 0)", derivative={"x": "where(x > 0, 1, 0)"})
    assert report.verdict == "passed", str(report)


def test_the_net_for_each_of_its_weights() -> None:
    """What requires grad is differentiated; the data are constants."""
    x, w1, w2 = torch.randn(3, 4), torch.randn(4, 5, requires_grad=True), torch.randn(5, 2, requires_grad=True)
    gradsuite.check(net, (x, w1, w2)).raise_for_failure()


def test_a_wrong_relu_is_found() -> None:
    """This one keeps what is positive of the cotangent, not of the input."""

    class Wrong(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.clamp(min=0)

        @staticmethod
        def backward(ctx, ct):
            return ct.clamp(min=0)

    report = gradsuite.check(Wrong.apply, (torch.randn(4, 3),), checks=["reverse"])
    assert not report.ok
    assert report.culprit == "backward"


def test_the_net_learns() -> None:
    """Gradient descent takes the loss down."""
    losses = train()
    assert losses[-1] < losses[0] / 10

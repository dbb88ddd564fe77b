from __future__ import annotations

import torch

import gradsuite


class Vanishing(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return 2 * x

    @staticmethod
    def backward(ctx, ct):
        return 2 * ct if ct.dtype is torch.float64 else torch.zeros_like(ct)


def test_a_gradient_that_is_zero_has_lost_more_than_digits() -> None:
    x = torch.linspace(0.1, 2.0, 40)
    report = gradsuite.check(Vanishing.apply, (x,), checks=["lost_bits", "reverse"], dtypes=[torch.float32])
    assert [(result.check, result.outcome.value) for result in report.results] == [
        ("lost_bits", "unsupported"),
        ("reverse", "failed"),
    ]

"""Linearity in the cotangent, where values leave the range of the dtype."""

from __future__ import annotations

import pytest
import torch

import gradsuite
from tests.planted.planted import op

LOST = op(torch.sin, lambda ct, x: ct * x.cos() + 0 * ct.exp())  # NaN from a cotangent of 89 or 710 on


def _outcome(function, *x: float) -> str:
    report = gradsuite.check(
        function, (torch.tensor(x),), checks=["cotangent_linearity"], dtypes=["float32"], profile="quick"
    )
    return report.verdict.value


def test_what_overflows_in_the_dtype_alone_for_a_large_cotangent_is_no_fault() -> None:
    """The slope of tanh is zero at 20, and the cotangent infinite there: the product is NaN."""
    assert _outcome(lambda x: 1e35 * x.tanh(), 20.0, -20.0) == "passed"


@pytest.mark.parametrize("x", [0.5, -3.0])
def test_what_the_backward_itself_makes_infinite_is_one(x: float) -> None:
    assert _outcome(LOST, x) == "failed"


def test_what_a_kernel_loses_at_another_cotangent_is_no_fault() -> None:
    """Over one element the gradient is zero, of a difference that a kernel rounds; at some cotangents to nothing."""
    weight, bias = torch.tensor([4.5]), torch.tensor([0.0])

    def normed(x):
        return torch.nn.functional.layer_norm(x, (1,), weight.to(x), bias.to(x))

    x = torch.ones(1, dtype=torch.float64)
    ends = [torch.tensor([ct], dtype=torch.float64) for ct in (-1.53125, -2.53125)]
    lost = [torch.autograd.grad(normed(x.requires_grad_()), x, ct)[0].item() for ct in ends]
    assert lost[0] == 0 != lost[1]
    report = gradsuite.check(normed, x, checks=["cotangent_linearity"], dtypes=["float64"])
    assert report.ok

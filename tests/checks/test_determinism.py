"""What differs by the order of additions alone is told, and is no fault."""

from __future__ import annotations

import random

import pytest
import torch

import gradsuite
from gradsuite.results import Outcome

chance = random.Random(1)


class SumInAnyOrder(torch.autograd.Function):
    """The sum of squares over rows, whose additions come in another order each time, as atomic ones do."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        rows = list((x * x).unbind())
        chance.shuffle(rows)
        return sum(rows[1:], rows[0])

    @staticmethod
    def backward(ctx, ct):
        return 2 * ct * ctx.saved_tensors[0]


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_another_order_of_additions_passes_with_a_note(dtype: torch.dtype) -> None:
    x = torch.randn(8, 3, generator=torch.Generator().manual_seed(1))
    report = gradsuite.check(SumInAnyOrder.apply, (x,), checks=("determinism",), dtypes=(dtype,))
    assert report.verdict is Outcome.PASSED, str(report)
    assert report.results[0].notes == ("output 0 repeats to within rounding only",)


def test_random_ops_are_given_the_same_draws() -> None:
    x = torch.ones(4, 5)
    report = gradsuite.check(torch.nn.functional.dropout, (x,), checks=("determinism",), profile="quick")
    assert report.verdict is Outcome.PASSED, str(report)
    assert not any(result.notes for result in report.results)

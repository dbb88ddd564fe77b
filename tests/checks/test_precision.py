"""Digits that a backward loses though its forward keeps them: the checks ``precision`` and ``scale``."""

from __future__ import annotations

import pytest
import torch

import gradsuite
from gradsuite.results import CaseResult
from tests.planted.planted import op

LOST = "it loses digits that its forward keeps"
X = torch.linspace(0.5, 3.0, 6)


def _asked(fn, *inputs: torch.Tensor) -> dict[str, CaseResult]:
    report = gradsuite.check(fn, inputs, checks=["precision", "scale"], dtypes=[torch.float32])
    return {result.check: result for result in report.results}


def _log1mexp(x: torch.Tensor) -> torch.Tensor:
    return torch.log(-torch.expm1(-x))


def test_a_formula_that_cancels_is_told_by_what_it_loses() -> None:
    cancels = op(_log1mexp, lambda ct, x: ct * torch.exp(-x) / (1 - torch.exp(-x)))
    found = _asked(lambda x: cancels(x), X)
    assert {check: LOST in result.failures[0].sentence for check, result in found.items()} == {
        "precision": True,
        "scale": True,
    }


def _normalised(x: torch.Tensor) -> torch.Tensor:
    return x * (x.pow(2).mean(-1, keepdim=True) + 1e-6).rsqrt()


def _normalised_backward(ct: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    inverse = (x.pow(2).mean(-1, keepdim=True) + 1e-6).rsqrt()
    return inverse * ct - x * inverse**3 * (ct * x).mean(-1, keepdim=True)


def _binary(x: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.softplus(-x)


def _standardised(x: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.layer_norm(x, x.shape[-1:])


def _standardised_backward(ct: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    inverse = (x.var(-1, unbiased=False, keepdim=True) + 1e-5).rsqrt()
    y = (x - x.mean(-1, keepdim=True)) * inverse
    return inverse * (ct - ct.mean(-1, keepdim=True) - y * (ct * y).mean(-1, keepdim=True))


@pytest.mark.parametrize(
    ("forward", "backward"),
    [
        (_log1mexp, lambda ct, x: ct / torch.expm1(x)),
        (torch.tanh, lambda ct, x: ct * (1 - torch.tanh(x) ** 2)),  # an error of a unit of one is nobody's mistake
        (_binary, lambda ct, x: ct * (torch.sigmoid(x) - 1)),
        (_normalised, _normalised_backward),  # of one element the terms cancel in every such backward
        (_standardised, _standardised_backward),  # of two elements, too
        (lambda x: (x + 1e4) - 1e4, lambda ct, x: ct * ((x + 1e4) - 1e4) / x),  # its forward loses as much
    ],
)
def test_a_backward_that_loses_what_must_be_lost_is_right(forward, backward) -> None:
    fn = op(forward, backward)
    for x in (X, torch.tensor([[100.0, 101.0], [-30.0, -30.5]])):
        assert all(result.outcome.value != "failed" for result in _asked(lambda x: fn(x), x).values())

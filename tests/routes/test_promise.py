"""Who promised a second derivative: careless backwards are not held to one, and those that pretend are."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
import torch
from torch.autograd.function import once_differentiable

from gradsuite.checks import second_order, second_order_composed
from gradsuite.errors import Unsupported
from gradsuite.numerics.estimate import Agreement
from tests.planted.planted import op
from tests.routes.points import evidence_of, normal

CHECKS = pytest.mark.parametrize("check", [second_order, second_order_composed])


class Kept(torch.autograd.Function):
    """A cube that keeps what it needs, in a list on the side."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        ctx.kept = [3 * x**2]
        return x**3

    @staticmethod
    def backward(ctx: Any, ct: torch.Tensor) -> torch.Tensor:
        return ct * ctx.kept[0]


class Copied(Kept):
    """A cube that also keeps a copy of its input, and differentiates a second graph, built on that copy."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        ctx.kept, ctx.copy = [3 * x**2], x.detach().clone()
        return x**3

    @staticmethod
    def backward(ctx: Any, ct: torch.Tensor) -> torch.Tensor:
        copy = ctx.copy.detach().requires_grad_()
        with torch.enable_grad():
            again = copy**3
        return torch.autograd.grad(again, copy, ct, create_graph=True)[0]


class Once(Kept):
    """A cube that says that it cannot be differentiated twice."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, ct: torch.Tensor) -> torch.Tensor:
        return 3 * ct * ctx.saved_tensors[0] ** 2


def _refusal(check: ModuleType, function: Any) -> str:
    with pytest.raises(Unsupported) as refused:
        list(check.compare(evidence_of(function, normal(4))))
    return str(refused.value)


@CHECKS
def test_saved_intermediates_promise_nothing(check: ModuleType) -> None:
    assert "saves intermediate values" in _refusal(check, Kept.apply)


@CHECKS
def test_a_gradient_without_a_graph_promises_nothing(check: ModuleType) -> None:
    kernel = op(lambda x: x**3, lambda ct, x: (3 * ct * x**2).detach())
    assert "carries no graph" in _refusal(check, kernel)


@CHECKS
def test_a_refusal_anywhere_on_the_way_back_is_one(check: ModuleType) -> None:
    assert "once_differentiable" in _refusal(check, lambda x: 2 * Once.apply(x.sin()) + x**2)


@CHECKS
def test_a_backward_that_raises_once_it_is_differentiated_refuses(check: ModuleType) -> None:
    def cube(ct: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        gradient = ct * 3 * x**2
        if gradient.requires_grad:
            raise RuntimeError("no second derivatives here")
        return gradient

    with pytest.raises(Unsupported, match="refuses to be differentiated: no second derivatives here"):
        list(check.compare(evidence_of(lambda x: op(lambda x: x**3, cube)(x), normal(3))))


@CHECKS
def test_a_graph_on_a_copy_of_the_input_pretends_whatever_was_saved_beside(check: ModuleType) -> None:
    found, *_ = check.compare(evidence_of(Copied.apply, normal(4)))
    assert found.agreement is Agreement.DISAGREE


@CHECKS
def test_a_point_that_the_backward_treats_apart_is_no_ones_fault(check: ModuleType) -> None:
    apart = op(lambda x: x**2, lambda ct, x: (2 * ct * x).masked_fill(x == 0, 0))
    (found,) = check.compare(evidence_of(apart, torch.tensor([0.0, 1.0], dtype=torch.float64)))
    assert found.agreement is Agreement.INCONCLUSIVE and "at this point alone" in found.sentence


@CHECKS
def test_a_neighbourhood_that_the_backward_treats_apart_is_wrong(check: ModuleType) -> None:
    window = op(lambda x: x**2, lambda ct, x: ct * torch.where(x.abs() < 1e-4, 2 * x.detach(), 2 * x))
    found, *_ = check.compare(evidence_of(window, torch.tensor([0.0, 1.0], dtype=torch.float64)))
    assert found.agreement is Agreement.DISAGREE


@CHECKS
def test_a_parameter_of_the_callables_own_is_no_copy(check: ModuleType) -> None:
    weight = normal(4, seed=1).requires_grad_()
    found = check.compare(evidence_of(lambda x: (weight * x).sin(), normal(4)))
    assert {comparison.agreement for comparison in found} == {Agreement.AGREE}

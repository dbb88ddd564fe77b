"""A right gradient is never accused, however nasty the function and wherever the point; a wrong one is seen."""

from __future__ import annotations

import pytest
import torch

from gradsuite.checks.reverse import compare
from gradsuite.numerics.estimate import Agreement
from gradsuite.routes.evidence import Evidence
from tests.routes.points import evidence_of
from tests.routes.zoo import ZOO, points

SEEDS = range(35)
SMOOTH = (
    "exponential",
    "oscillation",
    "logsumexp",
    "tangent",
    "product",
    "branches that meet",
    "step",
    "float32 inside",
)


def _verdict(evidence: Evidence) -> Agreement:
    (found,) = compare(evidence)
    return found.agreement


@pytest.mark.parametrize("name", ZOO)
def test_a_right_gradient_is_never_accused(name: str) -> None:
    accused = [
        seed for seed in SEEDS if _verdict(evidence_of(ZOO[name], points(seed), seed=seed)) is Agreement.DISAGREE
    ]
    assert not accused


@pytest.mark.parametrize(
    ("name", "seed"),
    [
        ("interpolation", 51),  # a kink just inside a step, whose share falls by a quarter as a smooth error would
        ("clamp", 79),  # the same, just before the last steps
        ("bisection", 120),  # within a tread of the solver's tolerance its values have a slope of their own
        ("power 1.5", 190),  # the bend at a cusp shrinks nearly as that of a smooth function
        ("median", 18),  # three equal numbers: none moves the median alone, and each has a third of the gradient
        ("sort", 31),  # three equal numbers: the one in the middle takes a place that it never has alone
    ],
)
def test_a_point_that_once_was_accused_is_not(name: str, seed: int) -> None:
    assert _verdict(evidence_of(ZOO[name], points(seed), seed=seed)) is not Agreement.DISAGREE


@pytest.mark.parametrize("name", SMOOTH)
def test_a_gradient_that_is_slightly_too_large_is_seen(name: str) -> None:
    caught = total = 0
    for seed in range(0, 70, 7):  # ordinary values
        own = evidence_of(ZOO[name], points(seed), seed=seed)
        if _verdict(own) is Agreement.AGREE:
            wrong = Evidence(own.subject, own.sample)
            wrong.__dict__["gradients"] = {"x0": 1.01 * own.gradients["x0"]}
            caught, total = caught + (_verdict(wrong) is Agreement.DISAGREE), total + 1
    assert total >= 8 and caught >= total - 1


def _backward(forward, backward):
    """An op of one input with the backward ``backward(ct, x)``."""

    class Op(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return forward(x)

        @staticmethod
        def backward(ctx, ct):
            return backward(ct, *ctx.saved_tensors)

    return Op.apply


ROOT = torch.tensor([4.0, 0.0, 1.0], dtype=torch.float64)
NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("forward", "at_zero", "agreement"),
    [
        (torch.square, NAN, Agreement.DISAGREE),  # a derivative exists
        (torch.abs, NAN, Agreement.DISAGREE),  # a kink
        (lambda x: x.abs().sqrt(), NAN, Agreement.DISAGREE),  # a cusp: every number is a subgradient, NaN is none
        (lambda x: x.abs().sqrt(), INF, Agreement.AGREE),
        (torch.sqrt, INF, Agreement.AGREE),  # values on one side alone, and the slope grows there
        (torch.sqrt, -INF, Agreement.INCONCLUSIVE),
        (lambda x: x * x.sqrt() ** 2, NAN, Agreement.DISAGREE),  # one side alone, and its slope is zero
        (lambda x: x**1.5, NAN, Agreement.INCONCLUSIVE),  # zero, too, but the slopes settle too slowly to prove it
        (torch.sqrt, NAN, Agreement.INCONCLUSIVE),
        (torch.square, INF, Agreement.DISAGREE),
        (lambda x: torch.where(x == 0, 0, x * torch.sin(1 / x)), NAN, Agreement.INCONCLUSIVE),  # never settles
    ],
)
def test_what_is_not_finite_is_judged_by_the_sides(forward, at_zero: float, agreement: Agreement) -> None:
    def backward(ct, x):
        with torch.enable_grad():
            leaf = torch.where(x == 0, 1, x).requires_grad_()
            (slope,) = torch.autograd.grad(forward(leaf), leaf, ct)
        return torch.where(x == 0, at_zero * ct.sign(), slope)

    assert _verdict(evidence_of(_backward(forward, backward), ROOT)) is agreement


@pytest.mark.parametrize("seed", range(4))
def test_a_factor_is_seen_though_poles_lie_beside_many_of_the_entries(seed: int) -> None:
    """Then only entries alone tell: in steps so short that none beside the joint slope may pass for nothing."""
    x = torch.rand(20, 20, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)) * 2 - 1
    assert _verdict(evidence_of(torch.atanh, x, seed=seed)) is Agreement.AGREE
    wrong = _backward(torch.atanh, lambda ct, x: 1.001 * ct / (1 - x * x))
    assert _verdict(evidence_of(wrong, x, seed=seed)) is Agreement.DISAGREE


@pytest.mark.parametrize("seed", [1, 2, 11])
def test_a_part_is_searched_though_its_own_slope_is_vague(seed: int) -> None:
    """Sorting: where neighbours meet within the steps the slope of a half is known less well than that of the whole."""

    def backward(ct: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        gradient = torch.zeros_like(x).scatter(0, x.argsort(), ct)
        gradient[-1] = 0
        return gradient

    x = 9 * torch.randn(250, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    assert _verdict(evidence_of(_backward(lambda x: x.sort()[0], backward), x, seed=seed)) is Agreement.DISAGREE

"""Differences with their own bar: the truth lies within it, kinks are told, and noise is not taken for a slope."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch

from gradsuite.checks.reverse import compare
from gradsuite.numerics.estimate import Agreement, Estimate
from gradsuite.routes.differences import quick, thorough
from gradsuite.routes.line import Line
from tests.routes.points import evidence_of, normal, point_of

SMOOTH: dict[str, tuple[Callable[..., torch.Tensor], tuple[tuple[int, ...], ...]]] = {
    "exp": (torch.exp, ((4, 5),)),
    "softmax": (lambda x: torch.softmax(x, -1), ((4, 5),)),
    "tanh": (torch.tanh, ((9,),)),
    "matmul": (torch.matmul, ((3, 4), (4, 2))),
    "conv1d": (torch.nn.functional.conv1d, ((2, 3, 8), (4, 3, 3))),
    "division": (torch.div, ((5,), (5,))),
    "layer_norm": (lambda x: torch.nn.functional.layer_norm(x, (8,)), ((3, 8),)),
    "sum": (torch.sum, ((6,),)),
    "two outputs": (lambda x: (x.sin(), x.square().sum()), ((4,),)),
}


def _slope(evidence) -> float:
    return evidence.reverse_slope


@pytest.mark.parametrize("name", SMOOTH)
def test_the_bar_holds_the_gradient(name: str) -> None:
    function, shapes = SMOOTH[name]
    held = narrow = 0
    for seed in range(10):
        xs = [normal(*shape, seed=seed + 50 * i) for i, shape in enumerate(shapes)]
        evidence = evidence_of(function, *xs, seed=seed)
        slope = thorough(Line(evidence.point)).central
        rounding = 64 * 2.0**-53 * evidence.scale
        held += abs(slope.value - evidence.reverse_slope) <= slope.bar + rounding
        narrow += slope.bar <= 1e-7 * evidence.scale
    assert held == 10
    assert narrow >= 9


@pytest.mark.parametrize("name", SMOOTH)
def test_four_evaluations_see_a_small_mistake(name: str) -> None:
    function, shapes = SMOOTH[name]
    sharp = 0
    for seed in range(10):
        evidence = evidence_of(function, *(normal(*s, seed=seed + 50 * i) for i, s in enumerate(shapes)), seed=seed)
        slope = quick(evidence.line).central
        sharp += abs(slope.value - evidence.reverse_slope) <= slope.bar < 4e-8 * evidence.scale
    assert sharp >= 6


def test_quick_differences_are_four_evaluations() -> None:
    calls = []

    def counted(x: torch.Tensor) -> torch.Tensor:
        calls.append(x)
        return x.sin()

    point = point_of(counted, normal(3))
    line = Line(point)
    before = len(calls)
    quick(line)
    assert len(calls) - before == 4


@pytest.mark.parametrize("factor", [10, 3000])
def test_where_the_first_term_of_the_error_cancels_the_second_is_within_the_bar_of_four_evaluations(factor) -> None:
    evidence = evidence_of(lambda x: x + factor * (x - 0.25) ** 5, torch.tensor([0.25]).double())
    assert quick(evidence.line).central.agrees(Estimate(evidence.reverse_slope, 0.0))


@pytest.mark.parametrize("distance", [0.5, 1e-2, 1e-4])
def test_a_pole_nearby_widens_the_bar_rather_than_bends_the_value(distance: float) -> None:
    evidence = evidence_of(torch.reciprocal, torch.tensor([1.0 + distance]).to(torch.float64) - 1.0, seed=5)
    shifted = evidence_of(lambda x: 1 / (x - 1), torch.tensor([1.0 + distance], dtype=torch.float64), seed=5)
    for each in (evidence, shifted):
        slope = thorough(each.line).central
        assert math.isinf(slope.bar) or abs(slope.value - each.reverse_slope) <= 4 * slope.bar


def test_a_kink_is_recognised_and_its_slopes_enclose_the_subgradients() -> None:
    evidence = evidence_of(torch.abs, torch.tensor([0.0], dtype=torch.float64))
    line = Line(evidence.point, {"x0": torch.ones(1, dtype=torch.float64)})
    slope, ct = thorough(line), evidence.point.cotangents[0].item()
    assert not slope.smooth
    assert all(slope.hull.agrees(Estimate(share * ct, 0.0)) for share in (-1, -0.5, 0, 1))
    assert not any(slope.hull.agrees(Estimate(share * ct, 0.0)) for share in (-1.01, 1.01))


@pytest.mark.parametrize("function", [torch.exp, torch.sin, torch.square])
def test_a_smooth_point_is_no_kink(function: Callable[..., torch.Tensor]) -> None:
    assert all(thorough(evidence_of(function, normal(4, seed=s)).line).smooth for s in range(10))


def test_an_op_that_rounds_badly_is_not_accused() -> None:
    """Computed in float32 inside: differences in float64 see steps, and must say so by a wide bar."""

    def single(x: torch.Tensor) -> torch.Tensor:
        return x.to(torch.float32).exp().to(torch.float64)

    for seed in range(5):
        x = normal(6, seed=seed)
        slope = thorough(evidence_of(single, x, seed=seed).line).central
        truth = evidence_of(torch.exp, x, seed=seed).reverse_slope
        assert abs(slope.value - truth) <= slope.bar


def test_outside_the_domain_nothing_is_known() -> None:
    slope = quick(evidence_of(torch.log, torch.tensor([-1.0], dtype=torch.float64)).line)
    assert math.isinf(slope.central.bar)


def test_complex_outputs_and_inputs() -> None:
    evidence = evidence_of(torch.exp, normal(5, dtype=torch.complex128))
    slope = thorough(evidence.line).central
    assert abs(slope.value - evidence.reverse_slope) <= slope.bar + 1e-14 * evidence.scale
    assert slope.bar < 1e-8 * evidence.scale


@pytest.mark.parametrize("factor", [0.0, -1.0, 2.0, 1.01, 1.000001])
def test_a_mutant_of_the_gradient_lies_outside_the_bar(factor: float) -> None:
    caught = 0
    for seed in range(10):
        evidence = evidence_of(lambda x: torch.softmax(x, -1), normal(4, 5, seed=seed), seed=seed)
        slope = thorough(evidence.line).central
        caught += abs(slope.value - factor * evidence.reverse_slope) > slope.bar
    assert caught == 10


@pytest.mark.parametrize("narrow", [torch.float32, torch.bfloat16])
def test_an_output_in_a_narrower_dtype_widens_the_bar_by_its_rounding(narrow: torch.dtype) -> None:
    (found,) = compare(evidence_of(lambda x: x.to(narrow), normal(6)))
    assert found.agreement is Agreement.AGREE if narrow is torch.float32 else Agreement.INCONCLUSIVE
    (found,) = compare(evidence_of(lambda x: x.to(narrow), normal(6, dtype=torch.bfloat16)))
    assert found.agreement is Agreement.AGREE


def test_a_step_that_the_op_refuses_has_left_its_domain() -> None:
    def choosy(x: torch.Tensor) -> torch.Tensor:
        if bool((x > 1.1).any()):
            raise ValueError("x must not exceed 1.1")
        return x.exp()

    (found,) = compare(evidence_of(choosy, torch.ones(3, dtype=torch.float64)))
    assert found.agreement is Agreement.AGREE


@pytest.mark.parametrize("factor", [1.0, 0.5, 0.0])
def test_many_kinks_nearby_neither_accuse_nor_excuse(factor: float) -> None:
    """Piecewise linear with a kink about every 2**-8, so that the joint tangent meets one within its last steps."""
    knots = normal(1024, seed=1)

    class Steps(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return torch.relu(x[:, None] - knots).sum(1)

        @staticmethod
        def backward(ctx, ct):
            (x,) = ctx.saved_tensors
            return factor * ct * (x[:, None] > knots).sum(1)

    found = [next(compare(evidence_of(Steps.apply, normal(50, seed=seed), seed=seed))) for seed in range(20)]
    told = [comparison.agreement for comparison in found]
    if factor == 1:
        assert Agreement.DISAGREE not in told and told.count(Agreement.AGREE) >= 10
    else:
        assert Agreement.AGREE not in told and told.count(Agreement.DISAGREE) >= 16

"""Second derivatives: right ones agree with differences of the gradient; refusals do not pass, silence is not right."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import torch
from torch.autograd.function import once_differentiable

from gradsuite.checks import second_order, second_order_composed
from gradsuite.checks.second_order import compare
from gradsuite.errors import Unsupported
from gradsuite.numerics.estimate import Agreement
from gradsuite.results import Culprit
from tests.planted.planted import op
from tests.routes.points import evidence_of, normal

SMOOTH: dict[str, tuple[Callable[..., torch.Tensor], tuple[tuple[int, ...], ...]]] = {
    "exp": (torch.exp, ((5,),)),
    "softmax": (lambda x: torch.softmax(x, -1), ((3, 4),)),
    "product": (torch.mul, ((4,), (4,))),
    "matmul": (torch.matmul, ((3, 4), (4, 2))),
    "linear": (lambda x: 3 * x, ((4,),)),
}


class Sine(torch.autograd.Function):
    """A sine whose backward is right, and whose second derivative is not: the saved input is detached."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.sin()

    @staticmethod
    def backward(ctx, ct):
        (x,) = ctx.saved_tensors
        return ct * x.detach().cos()


class OnceSine(torch.autograd.Function):
    """The same, and it says that it cannot be differentiated twice."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.sin()

    @staticmethod
    @once_differentiable
    def backward(ctx, ct):
        (x,) = ctx.saved_tensors
        return ct * x.cos()


@pytest.mark.parametrize("name", SMOOTH)
def test_a_right_double_backward_agrees(name: str) -> None:
    function, shapes = SMOOTH[name]
    evidence = evidence_of(function, *(normal(*shape, seed=i) for i, shape in enumerate(shapes)))
    found = {comparison.name: comparison.agreement for comparison in compare(evidence)}
    assert len(found) == 3 and set(found.values()) == {Agreement.AGREE}


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_in_low_precision_nothing_right_is_accused(dtype: torch.dtype) -> None:
    found = [c for s in range(4) for c in compare(evidence_of(torch.tanh, normal(5, seed=s, dtype=dtype), seed=s))]
    assert all(c.agreement is not Agreement.DISAGREE for c in found)


def test_a_backward_that_is_silently_constant_is_wrong() -> None:
    (found,) = compare(evidence_of(Sine.apply, normal(5)))
    assert found.agreement is Agreement.DISAGREE and found.culprit is Culprit.DOUBLE_BACKWARD


def test_a_backward_that_refuses_is_unsupported() -> None:
    with pytest.raises(Unsupported):
        list(compare(evidence_of(OnceSine.apply, normal(5))))


def test_the_pair_of_inputs_whose_mixed_derivative_is_lost_is_named() -> None:
    lossy = op(lambda a, b, c: a * b * c, lambda ct, a, b, c: (ct * b * c.detach(), ct * a * c, ct * a * b))
    (found,) = second_order.compare(evidence_of(lossy, *(normal(4, seed=i) for i in range(3))))
    assert found.agreement is Agreement.DISAGREE
    assert found.where == "the mixed second derivative in x0 and x2" and float(found.got) == 0


@pytest.mark.parametrize("check", [second_order, second_order_composed])
def test_what_is_not_finite_is_wrong_where_the_gradient_is_smooth(check: ModuleType) -> None:
    def masked(ct: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        return (ct * (x * x.cos() - x.sin()) / x**2).masked_fill(x == 0, 0)

    sinc = op(lambda x: torch.where(x == 0, 1.0, x.sin() / x), masked)
    found, *_ = check.compare(evidence_of(sinc, torch.tensor([0.0, 1.0], dtype=torch.float64)))
    assert found.agreement is Agreement.DISAGREE and found.culprit is Culprit.DOUBLE_BACKWARD
    assert "not finite" in found.sentence


@pytest.mark.parametrize("check", [second_order, second_order_composed])
@pytest.mark.parametrize("function", [lambda x: x.abs() ** 1.5, torch.linalg.vector_norm, lambda x: x * x.abs()])
def test_where_no_second_derivative_exists_nobody_is_accused(check: ModuleType, function: Callable[..., Any]) -> None:
    for values in ([0.0, 0.0], [0.0, 1.0]):
        found = list(check.compare(evidence_of(function, torch.tensor(values, dtype=torch.float64))))
        assert all(comparison.agreement is not Agreement.DISAGREE for comparison in found)


def test_a_wrong_jvp_on_the_way_back_is_the_jvps_fault() -> None:
    slope = op(torch.cos, lambda ct, x: -ct * x.sin(), lambda t, x: t * x.sin())
    sine = op(torch.sin, lambda ct, x: ct * slope(x), lambda t, x: t * x.cos())
    found = {comparison.name: comparison for comparison in second_order.compare(evidence_of(sine, normal(4)))}
    assert found["second order along two tangents"].agreement is Agreement.AGREE
    wrong = found["forward mode over reverse mode"]
    assert wrong.agreement is Agreement.DISAGREE and wrong.culprit is Culprit.JVP


@pytest.mark.parametrize("check", [second_order, second_order_composed])
def test_below_float64_a_right_double_backward_agrees_and_a_wrong_one_does_not(check: ModuleType) -> None:
    def rounded(ct: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        return ct * (coarse(x) if x.dtype == torch.float32 else x.cos())

    coarse = op(torch.cos, lambda ct, x: (-ct * x.sin()).to(torch.bfloat16).to(x))
    right, wrong = torch.sin, op(torch.sin, rounded)
    values = normal(4, dtype=torch.float32)
    assert [c.agreement for c in check.compare(evidence_of(right, values))] == [Agreement.AGREE]
    (found,) = check.compare(evidence_of(wrong, values))
    assert found.agreement is Agreement.DISAGREE and "in this dtype" in found.sentence


def test_a_wave_far_out_is_not_accused_for_steps_that_skip_its_crests() -> None:
    for far in (9e5, 2.0**20):
        found = list(second_order.compare(evidence_of(torch.sinc, torch.tensor(far, dtype=torch.float64))))
        assert all(comparison.agreement is not Agreement.DISAGREE for comparison in found)


@pytest.mark.parametrize(("factor", "accused"), [(1, False), (2, True)])
def test_where_the_gradient_has_slopes_but_no_derivative_nobody_is_accused(factor: int, accused: bool) -> None:
    """Of max(x**2, y**2) at zero, each line tells another second derivative; beside it a wrong one is still found."""

    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, ct):
            return Twice.apply(ct, *ctx.saved_tensors)

    class Twice(torch.autograd.Function):
        @staticmethod
        def forward(ctx, ct, x):
            ctx.save_for_backward(ct, x)
            return 2 * ct * x

        @staticmethod
        def backward(ctx, up):
            ct, x = ctx.saved_tensors
            return up * 2 * x, up * 2 * ct * factor

    for x in (torch.zeros(2), torch.tensor([0.5, 0.25])):
        told = [found.agreement for found in compare(evidence_of(lambda v: Square.apply(v).amax(-1), x.double()))]
        assert (Agreement.DISAGREE in told) == (accused and bool(x.any()))

"""Second derivatives: right ones agree with differences of the gradient; refusals do not pass, silence is not right."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch.autograd.function import once_differentiable

from gradsuite.checks.second_order import compare
from gradsuite.errors import Unsupported
from gradsuite.numerics.estimate import Agreement
from gradsuite.results import Culprit
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
    assert [found.agreement for found in compare(evidence)] == [Agreement.AGREE]


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

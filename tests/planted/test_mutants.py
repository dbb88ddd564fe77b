"""Right gradients, spoilt in every way that people spoil them: ``gradsuite.check`` catches each, without a spec.

A mutant changes what the backward returns, or the cotangent that it is given. Its inputs have no symmetry that would
hide the change: softmax over a row, a product of square matrices, an axis that broadcasts.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
import torch
from torch.func import vjp
from torch.nn.functional import layer_norm

import gradsuite
from gradsuite.results import Culprit, Outcome
from tests.planted.planted import op

Change = Callable[[torch.Tensor], torch.Tensor]


def _drawn(*shapes: tuple[int, ...]) -> tuple[torch.Tensor, ...]:
    generator = torch.Generator().manual_seed(0)
    return tuple(torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes)


def _last_entry_zeroed(gradient: torch.Tensor) -> torch.Tensor:
    spoilt = gradient.clone()
    spoilt.view(-1)[-1] = 0
    return spoilt


OPS: dict[str, tuple[Callable[..., torch.Tensor], tuple[torch.Tensor, ...]]] = {
    "sin": (torch.sin, _drawn((3, 3))),
    "softmax": (lambda x: x.softmax(-1), _drawn((3, 3))),
    "layer_norm": (lambda x: layer_norm(x, x.shape[-1:]), _drawn((3, 3))),
    "matmul": (torch.matmul, _drawn((3, 3), (3, 3))),
}
OF_THE_GRADIENT: dict[str, Change] = {
    "zero": torch.zeros_like,
    "negated": torch.neg,
    "doubled": lambda g: 2 * g,
    "x1.001": lambda g: 1.001 * g,
    "transposed": lambda g: g.mT,
    "rolled": lambda g: g.roll(1, -1),
    "last_entry_zeroed": lambda g: _last_entry_zeroed(g.contiguous()),
}
OF_THE_COTANGENT: dict[str, Change] = {"relu(ct)": torch.relu, "abs(ct)": torch.abs}


def same(tensor: torch.Tensor) -> torch.Tensor:
    return tensor


def _mutant(
    forward: Callable[..., torch.Tensor], *, cotangent: Change = same, gradient: Change = same
) -> Callable[..., Any]:
    def backward(ct: torch.Tensor, *inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return tuple(map(gradient, vjp(forward, *inputs)[1](cotangent(ct))))

    return op(forward, backward)


def _report(fn: Callable[..., Any], inputs: tuple[torch.Tensor, ...]) -> gradsuite.Report:
    return gradsuite.check(fn, inputs, checks=("reverse", "cotangent_linearity"), profile="quick")


def _is_caught(report: gradsuite.Report) -> bool:
    return report.verdict is Outcome.FAILED and {failure.culprit for failure in report.failures} == {Culprit.BACKWARD}


@pytest.mark.parametrize(("name", "change"), list(product(OPS, OF_THE_GRADIENT)))
def test_a_spoilt_gradient_is_the_backwards_fault(name: str, change: str) -> None:
    forward, inputs = OPS[name]
    report = _report(_mutant(forward, gradient=OF_THE_GRADIENT[change]), inputs)
    assert _is_caught(report), str(report)


@pytest.mark.parametrize(("name", "change"), list(product(OPS, OF_THE_COTANGENT)))
def test_a_spoilt_cotangent_is_the_backwards_fault(name: str, change: str) -> None:
    forward, inputs = OPS[name]
    report = _report(_mutant(forward, cotangent=OF_THE_COTANGENT[change]), inputs)
    assert _is_caught(report), str(report)


@pytest.mark.parametrize(
    ("forward", "backward"),
    [
        pytest.param(torch.add, lambda ct, a, b: (ct, ct[:1]), id="add"),
        pytest.param(torch.mul, lambda ct, a, b: (ct * b, (ct * a)[:1]), id="mul"),
        pytest.param(torch.div, lambda ct, a, b: (ct / b, (-ct * a / b**2)[:1]), id="div"),
    ],
)
def test_a_sum_over_a_broadcast_axis_that_is_missing_is_the_backwards_fault(forward: Any, backward: Any) -> None:
    report = _report(op(forward, backward), _drawn((3, 2), (1, 2)))
    assert _is_caught(report), str(report)


@pytest.mark.parametrize("name", OPS)
def test_the_same_op_unspoilt_is_left_alone(name: str) -> None:
    forward, inputs = OPS[name]
    report = _report(_mutant(forward), inputs)
    assert report.verdict is Outcome.PASSED, str(report)
    assert all(result.conclusive for result in report.results)

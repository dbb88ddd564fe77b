"""The vacuity guard as its readers meet it: what it counts, whom it blames, and where it stays silent."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import gradsuite
from gradsuite.plan import plan
from gradsuite.results import CaseResult, Outcome
from gradsuite.runner import Session
from tests.planted.planted import op
from tests.routes.points import catalogue, normal


def _of(fn: Any, *inputs: torch.Tensor) -> CaseResult:
    return gradsuite.check(fn, inputs, checks=("vacuity",), profile="quick").results[0]


@pytest.mark.parametrize("path", ["activation/softmax", "arithmetic/mul", "loss/cross_entropy", "nn/Conv1d"])
def test_the_catalogue_s_checks_notice_every_mutant(path: str) -> None:
    (case,) = plan([catalogue(f"{path}.grad.yaml")], checks=["vacuity"], dtypes=["float64"])
    result = Session().run(case)
    assert result.outcome is Outcome.PASSED, result.reason
    assert result.measures.mutants and not result.measures.survivors


def test_a_callable_s_mutants_are_counted_too() -> None:
    result = _of(torch.mul, normal(3, 3), normal(3, 1, seed=1))
    assert (result.outcome, result.measures.survivors) == (Outcome.PASSED, ())
    assert result.measures.mutants == 14  # five ways, positive cotangents; transposed or broadcast


def test_a_mutant_that_is_the_gradient_itself_is_not_counted() -> None:
    assert _of(torch.sum, normal(3, 3)).measures.mutants == 5  # ones, rolled or transposed, are ones


def test_a_gradient_of_zero_has_no_mutants() -> None:
    result = _of(torch.sign, normal(3))
    assert (result.outcome, result.measures.mutants) == (Outcome.UNSUPPORTED, None)
    assert "the gradient is zero" in result.reason


def test_an_op_without_a_gradient_has_no_mutants() -> None:
    (case,) = plan([catalogue("reduction/argmax.grad.yaml")], checks=["vacuity"], dtypes=["float64"])
    assert Session().run(case).outcome is Outcome.UNSUPPORTED


def test_where_nothing_can_be_seen_of_a_callable_nobody_is_accused() -> None:
    result = _of(lambda x: x * float("nan"), normal(3))
    assert result.outcome is Outcome.INCONCLUSIVE
    assert "no check would notice a gradient of zero for x" in result.reason
    assert "zero for x" in result.measures.survivors


def test_a_backward_that_is_wrong_already_is_left_to_the_checks_that_found_it() -> None:
    halved = op(torch.sin, lambda ct, x: ct * x.cos() / 2)
    assert _of(halved, normal(3)).outcome is Outcome.PASSED

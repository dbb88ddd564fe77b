"""A callable that is not what a checker hopes for gets an outcome of its own, and nobody else is accused."""

from __future__ import annotations

import itertools
import os
import random
import signal
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import gradsuite
from gradsuite.results import Culprit, Outcome
from tests.planted.planted import op
from tests.routes.points import normal

CHECKS = ("reverse", "adjoint", "cotangent_linearity", "determinism", "graph", "mutation", "vacuity")


def _report(fn: Callable[..., Any]) -> gradsuite.Report:
    return gradsuite.check(fn, (normal(2, 3),), checks=CHECKS, profile="quick")


def _failures(report: gradsuite.Report) -> dict[str, Culprit]:
    return {r.check: f.culprit for r in report.results for f in r.failures if r.outcome is Outcome.FAILED}


@pytest.mark.parametrize(
    "draw",
    [
        lambda x: random.random(),
        lambda x: float(np.random.rand()),
        lambda x: torch.rand_like(x),
        lambda x: torch.rand(x.shape, generator=torch.Generator().manual_seed(random.getrandbits(9)), dtype=x.dtype),
    ],
    ids=["Python", "NumPy", "torch", "a generator of its own"],
)
def test_a_random_callable_is_given_the_same_numbers_again(draw: Callable[..., Any]) -> None:
    report = _report(lambda x: x.sin() * (1 + draw(x)))
    assert report.verdict is Outcome.PASSED, str(report)


def test_one_that_does_not_repeat_is_told_by_its_forward_and_its_backward_is_not_accused() -> None:
    calls = itertools.count(1)
    report = _report(lambda x: x * next(calls))
    assert _failures(report) == {"determinism": Culprit.FORWARD}
    assert report.culprit is Culprit.FORWARD


def test_a_wrong_backward_of_a_random_callable_is_still_found() -> None:
    wrong = op(torch.sin, lambda ct, x: 2 * ct * x.cos())
    assert _failures(_report(lambda x: wrong(x) * (1 + random.random())))["reverse"] is Culprit.BACKWARD


def test_one_whose_values_are_nan_is_inconclusive_and_says_so() -> None:
    report = _report(lambda x: x * float("nan"))
    assert report.verdict is Outcome.INCONCLUSIVE and not report.failures
    assert "the op's values are not finite" in str(report)


def test_a_gradient_that_was_cut_off_is_missing() -> None:
    assert _failures(_report(lambda x: x.detach().sin())) == {"graph": Culprit.BACKWARD}


@pytest.mark.parametrize("fn", [lambda x: x.long(), torch.ones_like, lambda x: x.detach().sign()])
def test_where_there_is_nothing_to_carry_no_gradient_is_missing(fn: Callable[..., Any]) -> None:
    assert not _report(fn).failures


def test_one_that_overwrites_its_input_is_told_by_its_forward() -> None:
    report = _report(lambda x: (y := x * 1, x.data.mul_(0.5), y.sin())[2])
    assert _failures(report) == {"mutation": Culprit.FORWARD}


def test_one_that_has_only_an_in_place_form_is_refused_by_autograd() -> None:
    report = _report(lambda x: x.mul_(2))
    assert not report.failures and "in-place operation" in str(report)


def test_what_nobody_gave_is_not_tried_where_it_kills_the_interpreter() -> None:
    def unchecked(x: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        if bool((labels < 0).any()):
            os.kill(os.getpid(), signal.SIGSEGV)  # as a kernel does that reads where they point to
        return x.sin() * labels.clamp(0, 1)

    report = gradsuite.check(unchecked, (normal(3), torch.tensor([1, 2, 1])), checks=["reverse"])
    assert report.verdict is Outcome.PASSED
    assert "labels drawn as" in str(report) and "integer(1, 2)" in str(report)


def _wrong_at_the_end_of_what_it_takes(x: torch.Tensor) -> torch.Tensor:
    if bool((x < 2).any()):
        raise ValueError("x must not be below 2")
    return op(torch.square, lambda ct, x: 3 * ct * x)(x)


def test_one_that_refuses_what_lies_beside_a_failure_loses_nothing_of_it() -> None:
    x = torch.tensor([2.0, 2.0, 3.0], dtype=torch.float64)
    report = gradsuite.check(_wrong_at_the_end_of_what_it_takes, (x,), checks=["cotangent_linearity", "reverse"])
    assert _failures(report) == {"reverse": Culprit.BACKWARD}
    assert not [result.id for result in report.results if result.outcome is Outcome.ERROR]


@pytest.mark.parametrize(
    ("forward", "backward"),
    [
        (lambda x: x.sign() * x.abs().log1p(), lambda ct, x: ct / (1 + x)),
        (
            lambda x: torch.where(x > 0.008, x.clamp(min=0.008).pow(1 / 3), 25 / 3 * x + 0.133),
            lambda ct, x: ct * torch.where(x > 0.008, x.pow(-2 / 3) / 3, 25 / 3 * x.pow(0)) + 0 * x.pow(-2 / 3),
        ),
    ],
    ids=["mirrored, and wrong there", "not finite from zero on"],
)
def test_positive_examples_do_not_excuse_what_is_wrong_elsewhere(forward, backward) -> None:
    """A gradient that fits on one side of zero alone says that the other side is not meant: but not in these."""
    example = torch.tensor([0.25, 0.5, 0.75, 0.875, 0.0625], dtype=torch.float64)
    report = gradsuite.check(lambda x: op(forward, backward)(x), (example,), checks=["reverse"])
    assert _failures(report) == {"reverse": Culprit.BACKWARD}

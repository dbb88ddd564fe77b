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

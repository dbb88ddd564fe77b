"""What is too small for the joint probe to see is held alone where it moves outputs of its own."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional

import gradsuite
from gradsuite.results import Culprit
from gradsuite.routes.faint import faint
from tests.planted.planted import op
from tests.routes.points import evidence_of

X = torch.tensor([0.3, -1.2, 5.3, 0.9], dtype=torch.float64)
TAILS = torch.tensor([0.3, -6.6, 5.5, -8.2, -9.0, -20.0, -38.0, 12.0, 30.0], dtype=torch.float64)


def _slope(x: torch.Tensor) -> torch.Tensor:
    return -2 / math.sqrt(math.pi) * (-x * x).exp()


def test_a_tail_that_is_cut_off_is_found_and_its_entry_told() -> None:
    cut = op(torch.erfc, lambda ct, x: ct * torch.where(x.abs() > 4, 0, _slope(x)))
    report = gradsuite.check(cut, X, checks=["reverse"])
    (failure,) = report.failures
    assert report.culprit is Culprit.BACKWARD and "small entries alone" in failure.comparison
    assert failure.where.startswith("gradient of x0, flat element") and abs(float(failure.got)) == 0
    assert 0 < abs(float(failure.expected)) < 1e-7  # at most the slope at 4


def test_a_tail_that_is_right_is_left_alone() -> None:
    assert gradsuite.check(op(torch.erfc, lambda ct, x: ct * _slope(x)), X, checks=["reverse"]).verdict == "passed"


@pytest.mark.parametrize(
    "right", [torch.erfc, torch.exp, torch.tanh, functional.gelu, functional.mish, functional.softplus, torch.sigmoid]
)
def test_tails_of_which_rounding_leaves_little_accuse_nobody(right) -> None:
    assert gradsuite.check(right, TAILS, checks=["reverse"], dtypes=[torch.float64]).ok


def test_only_outputs_that_the_faint_entries_move_are_weighed() -> None:
    (found,) = faint(evidence_of(torch.exp, torch.tensor([1.0, -30.0, 2.0], dtype=torch.float64)))
    assert [bool(ct) for ct in found.point.cotangents[0]] == [False, True, False]


def test_where_they_move_none_or_all_nothing_is_weighed_again() -> None:
    x = torch.tensor([1.0, -30.0, 2.0], dtype=torch.float64)
    assert not list(faint(evidence_of(torch.relu, x)))
    assert not list(faint(evidence_of(lambda x: torch.softmax(x, 0), x)))

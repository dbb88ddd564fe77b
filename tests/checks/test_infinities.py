"""Whom the check ``infinities`` asks."""

from __future__ import annotations

import torch

import gradsuite
from tests.planted.planted import op

X = torch.linspace(-1.5, 1.7, 12, dtype=torch.float64).reshape(3, 4)


def _outcome(fn, *inputs: torch.Tensor) -> str:
    (result,) = gradsuite.check(fn, inputs, checks=["infinities"]).results
    return result.outcome.value


def test_a_right_gradient_that_is_nan_at_one_infinity_is_not_asked_for_more() -> None:
    lorentz = op(lambda x: 1 / (1 + x * x), lambda ct, x: -2 * ct * x / (1 + x * x) ** 2)
    assert _outcome(lambda x: lorentz(x), X) == "unsupported"


def test_where_values_are_not_finite_nothing_is_asked() -> None:
    assert _outcome(lambda x: x.exp() / x.exp().sum(), -X.abs()) != "failed"  # 0 / 0 where all are minus infinity
    assert _outcome(lambda x: x + 1, X) == "unsupported"


def test_masked_softmax_and_sigmoids_pass() -> None:
    assert _outcome(lambda x: x.softmax(-1), X) == "passed"
    assert _outcome(lambda a, b: a.sigmoid() * b.sigmoid(), X, X.flip(0)) == "passed"


def test_a_domain_that_ends_has_no_infinity() -> None:
    twice = op(
        lambda a, b: torch.exp(-a - b).clamp(max=1.0),
        lambda ct, a, b: (ct * torch.where(a.isinf() & b.isinf(), torch.nan, -torch.exp(-a - b)),) * 2,
    )
    a = X.abs()
    options = {"checks": ["infinities"]}
    assert not gradsuite.check(lambda a, b: twice(a, b), (a, a), **options).ok
    assert gradsuite.check(lambda a, b: twice(a, b), (a, a), domain=["interval(0, 2)"] * 2, **options).ok


def test_a_forward_that_hides_what_is_not_a_number_is_not_asked() -> None:
    assert _outcome(lambda x: x.softmax(-1).nan_to_num(0.0).sum(), X) != "failed"

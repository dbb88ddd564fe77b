"""What is learnt of the values that inputs may take: from where the callable stays finite."""

from __future__ import annotations

import pytest
import torch

from gradsuite.inputs.learn_domains import learn_domain, meant

POSITIVE = torch.tensor([0.5, 2.0])
SIGNED = torch.tensor([0.5, -0.25])
SHARE = torch.tensor([0.5, 0.25])
INDEX = torch.tensor([0, 2, 3])


@pytest.mark.parametrize(
    ("function", "example", "domain"),
    [
        (torch.exp, POSITIVE, "real"),
        (torch.log, POSITIVE, "positive"),
        (torch.sqrt, POSITIVE, "nonnegative"),
        (lambda x: x ** torch.tensor([-1.5, 2.5]), POSITIVE, "nonnegative"),
        (torch.reciprocal, SIGNED, "nonzero"),
        (torch.acos, SIGNED, "closed(-1, 1)"),
        (torch.atanh, SIGNED, "interval(-1, 1)"),
        (torch.logit, SHARE, "interval(0, 1)"),
        (lambda i: torch.eye(4)[i.clamp(min=0)] * (i >= 0).log()[:, None], INDEX, "integer(0, 3)"),
        (lambda t: ((t >= 0) | (t == -100)).log(), INDEX, "indices_or(4, -100)"),
        (lambda e: torch.ones(3) * torch.exp2(e.double()), INDEX, "integer(-3, 3)"),
    ],
    ids=["exp", "log", "sqrt", "power", "reciprocal", "acos", "atanh", "logit", "class", "label", "exponent"],
)
def test_a_domain_is_learnt_from_one_example(function, example, domain) -> None:
    def finite(tensors) -> bool:
        return bool(torch.isfinite(function(tensors["x"])).all())

    assert learn_domain("x", {"x": example}, finite).text == domain


UPPER, LOWER = torch.tensor([1.25, 1.5, 2.5, 4.0]), torch.tensor([0.125, 0.25, 0.5, 0.75])


@pytest.mark.parametrize(
    ("example", "fitting", "domain"),
    [
        (UPPER, lambda x: x > 1, "greater(1)"),
        (UPPER, lambda x: x > 0, "nonnegative"),
        (UPPER, lambda x: x == x, None),
        (LOWER, lambda x: (x > 0) & (x < 1), "interval(0, 1)"),
        (LOWER, lambda x: x < 1, "less(1)"),
        (LOWER, lambda x: x.abs() < 1, "interval(-1, 1)"),
        (-UPPER, lambda x: x < 0, "negative"),
        (UPPER, lambda x: x > 3, None),  # not even at the example: nothing is known to be meant
        (torch.tensor([1.25, 1.5]), lambda x: x > 0, None),  # two may lie there by chance
        (torch.tensor([-1.0, 1.25, 1.5, 2.5]), lambda x: x > 0, None),
    ],
)
def test_numbers_on_the_other_side_of_the_examples_are_meant_if_the_gradient_fits_there(
    example, fitting, domain
) -> None:
    found = meant(example, lambda x: bool(torch.isfinite(x).all()), lambda x: bool(fitting(x).all()), lambda x: False)
    assert (found.text if found else None) == domain


def test_negative_numbers_at_which_the_values_are_mirrored_are_meant() -> None:
    assert meant(UPPER, lambda x: True, lambda x: bool((x > 0).all()), lambda x: torch.equal(x, -UPPER)) is None

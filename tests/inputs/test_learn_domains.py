"""What is learnt of the values that inputs may take: from where the callable stays finite."""

from __future__ import annotations

import pytest
import torch

from gradsuite.inputs.learn_domains import learn_domain

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
        (lambda e: torch.ones(3) * torch.exp2(e.double()), INDEX, "integer(-3, 3)"),
    ],
    ids=["exp", "log", "sqrt", "power", "reciprocal", "acos", "atanh", "logit", "class", "exponent"],
)
def test_a_domain_is_learnt_from_one_example(function, example, domain) -> None:
    def finite(tensors) -> bool:
        return bool(torch.isfinite(function(tensors["x"])).all())

    assert learn_domain("x", {"x": example}, finite).text == domain

"""Where a function of one number is defined and where its slope jumps, found by asking it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from gradsuite.draft import line

functional = torch.nn.functional


@pytest.mark.parametrize(
    ("op", "inside", "domain"),
    [
        (torch.sin, 0.3, "real"),
        (torch.log, 0.3, "positive"),
        (torch.sqrt, 0.3, "positive"),
        (lambda x: x**1.5, 0.3, "nonnegative"),
        (torch.acosh, 1.3, "greater(1)"),
        (torch.atanh, 0.3, "interval(-1, 1)"),
        (torch.log1p, 0.3, "greater(-1)"),
        (lambda x: torch.log(-x), -0.3, "negative"),
        (lambda x: torch.log(2.5 - x), -0.3, "less(2.5)"),
    ],
)
def test_a_domain_is_found(op: Callable[[torch.Tensor], torch.Tensor], inside: float, domain: str) -> None:
    assert line.domain(op, inside) == domain


@pytest.mark.parametrize(
    ("op", "places"),
    [
        (torch.relu, [0]),
        (functional.relu6, [0, 6]),
        (functional.hardswish, [-3, 3]),
        (lambda x: (x - 0.3).abs(), [0.3]),
        (functional.silu, []),
        (functional.elu, []),  # its slope has no jump, only its second derivative
        (torch.sin, []),
        (lambda x: torch.exp(-((32 * x) ** 2)), []),  # steep, and smooth
        (torch.floor, []),  # the value itself jumps
        (lambda x: 1 / x, []),
        (torch.tan, []),
    ],
)
def test_kinks_are_found_and_nothing_else(op: Callable[[torch.Tensor], torch.Tensor], places: list[float]) -> None:
    assert [place for place, _, _ in line.kinks(op)] == pytest.approx(places, abs=1e-6)


def test_a_kink_has_two_slopes() -> None:
    ((place, before, after),) = line.kinks(lambda x: functional.leaky_relu(x, 0.25))
    assert (place, before, after) == (0.0, pytest.approx(0.25), pytest.approx(1.0))

"""A bar too wide to decide is never a pass."""

from __future__ import annotations

import math

import pytest

from gradsuite.numerics.estimate import NEGLIGIBLE, Agreement, Estimate


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (Estimate(1.0, 1e-9), Estimate(1.0, 1e-9), Agreement.AGREE),
        (Estimate(1.0, 1e-9), Estimate(1.001, 1e-9), Agreement.DISAGREE),
        (Estimate(1.0, 0.5), Estimate(1.2, 0.0), Agreement.INCONCLUSIVE),  # they overlap, and have seen nothing
        (Estimate(1.0, 0.5), Estimate(9.0, 0.5), Agreement.DISAGREE),  # wide bars still tell what is far apart
        (Estimate(0.0, 0.0), Estimate(0.0, 0.0), Agreement.AGREE),
        (Estimate(1.0, math.inf), Estimate(1.0, 0.0), Agreement.INCONCLUSIVE),
        (Estimate(math.nan, 0.0), Estimate(1.0, 0.0), Agreement.INCONCLUSIVE),
        (Estimate(1.0, math.nan), Estimate(5.0, 0.0), Agreement.INCONCLUSIVE),
        (Estimate(math.inf, 0.0), Estimate(1.0, 0.0), Agreement.DISAGREE),
    ],
)
def test_verdicts(left: Estimate, right: Estimate, expected: Agreement) -> None:
    assert left.compare(right, scale=1.0) is expected
    assert right.compare(left, scale=1.0) is expected


def test_what_counts_as_narrow_grows_with_the_scale() -> None:
    pair = Estimate(0.0, 1e-2), Estimate(0.0, 0.0)
    assert pair[0].compare(pair[1], scale=1.0) is Agreement.INCONCLUSIVE
    assert pair[0].compare(pair[1], scale=1e3) is Agreement.AGREE


def test_what_is_negligible_is_no_mistake_but_to_who_knows_better() -> None:
    one, other = Estimate(1.0, 1e-15), Estimate(1.0 + NEGLIGIBLE / 2, 1e-15)
    assert one.compare(other, scale=1.0) is Agreement.AGREE
    assert one.compare(other, scale=1.0, negligible=0.0) is Agreement.DISAGREE
    assert one.compare(Estimate(1.0 + 2 * NEGLIGIBLE, 1e-15), scale=1.0) is Agreement.DISAGREE

"""Comparisons amount to an outcome: only what was decided passes, and unsupported is never a pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch

from gradsuite.comparison import Check, Comparison, Figures
from gradsuite.errors import Unsupported
from gradsuite.numerics.estimate import Agreement
from gradsuite.results import Culprit, Outcome
from gradsuite.tally import Tally
from tests.routes.points import evidence_of, normal

EVIDENCE = evidence_of(torch.exp, normal(3))
AGREE = Comparison("c", Agreement.AGREE)
WIDE = Comparison("c", Agreement.INCONCLUSIVE, sentence="the bars are too wide")
WRONG = Comparison("c", Agreement.DISAGREE, Culprit.BACKWARD, "the backward is wrong")


def _tally(*samples: Any) -> Tally:
    """One entry a sample: comparisons, or an exception."""
    tally = Tally()
    for each in samples:
        tally.add(EVIDENCE, Check(_compare(each)))
    return tally


def _compare(each: Any) -> Callable[..., Iterator[Comparison]]:
    def compare(evidence: Any) -> Iterator[Comparison]:
        if isinstance(each, Exception):
            raise each
        yield from each

    return compare


@pytest.mark.parametrize(
    ("samples", "outcome"),
    [
        ([[AGREE]], Outcome.PASSED),
        ([[AGREE], [WIDE]], Outcome.PASSED),
        ([[WIDE], [WIDE]], Outcome.INCONCLUSIVE),
        ([[AGREE], [WRONG]], Outcome.FAILED),
        ([[WIDE], [WRONG]], Outcome.FAILED),
        ([[]], Outcome.INCONCLUSIVE),
        ([], Outcome.UNSUPPORTED),
        ([Unsupported("no rule")], Outcome.UNSUPPORTED),
        ([Unsupported("no rule"), [AGREE]], Outcome.PASSED),
        ([Unsupported("no rule"), [WIDE]], Outcome.INCONCLUSIVE),
        ([RuntimeError("\"exp\" not implemented for 'Half'")], Outcome.UNSUPPORTED),
    ],
)
def test_outcomes(samples: list[Any], outcome: Outcome) -> None:
    assert _tally(*samples).verdict()[0] is outcome


def test_a_comparison_that_need_hold_once_fails_only_where_it_never_does() -> None:
    once = Tally()
    for each in ([WRONG], [AGREE]):
        once.add(EVIDENCE, Check(_compare(each), one_suffices=True))
    assert (once.verdict()[0], once.distinct(3)) == (Outcome.PASSED, [])
    never = Tally()
    for each in ([WRONG], [WRONG]):
        never.add(EVIDENCE, Check(_compare(each), one_suffices=True))
    assert never.verdict()[0] is Outcome.FAILED


def test_a_mutant_that_one_sample_notices_is_noticed() -> None:
    seen, missed = (Comparison("c", Agreement.AGREE, figures=Figures(mutants={"zero": s})) for s in (True, False))
    other = Comparison("c", Agreement.AGREE, figures=Figures(mutants={"rolled": False}))
    found = _tally([seen], [missed], [other]).measures()
    assert (found.mutants, found.survivors) == (2, ("rolled",))


def test_a_reason_is_given_where_nothing_was_decided() -> None:
    assert _tally([WIDE]).verdict()[1] == "the bars are too wide"
    assert _tally(Unsupported("no rule")).verdict()[1] == "no rule"


def test_an_error_of_the_op_is_told_though_other_samples_pass() -> None:
    assert _tally([AGREE], RuntimeError("boom"), [AGREE]).verdict() == (Outcome.ERROR, "RuntimeError: boom")


def test_a_pass_tells_at_how_many_samples_nothing_was_asked() -> None:
    tally = _tally([AGREE], Unsupported("no second derivative was promised"), Unsupported("none here either"))
    assert tally.verdict()[0] is Outcome.PASSED
    assert tally.notes == ("left out at 2 of 3 samples: no second derivative was promised",)
    assert _tally([AGREE]).notes == _tally(Unsupported("no")).notes == ()


def test_a_failure_at_another_sample_says_more_than_an_error() -> None:
    tally = _tally(RuntimeError("boom"), [WRONG])
    assert tally.verdict()[0] is Outcome.FAILED and tally.distinct(3)


def test_counts_and_figures() -> None:
    measured = Comparison("c", Agreement.AGREE, figures=Figures((0.5, 3.0), (0.1, 99.0), digits=70.0, bar=1e-12))
    tally = _tally([measured], [measured, AGREE], [WIDE], Unsupported("no"))
    assert (tally.samples, tally.conclusive) == (3, 2)
    found = tally.measures()
    assert (found.worst_ulps, found.worst_ratio, found.digits_proven, found.median_bar) == (3.0, 99.0, 70.0, 1e-12)
    assert found.ulps is not None and sum(found.ulps.counts) == 4
    assert found.ratios is not None and found.ratios.counts[-1] == 2


def test_infinite_figures_have_their_place() -> None:
    found = _tally([Comparison("c", Agreement.AGREE, figures=Figures((float("inf"),), (0.0,)))]).measures()
    assert found.ulps is not None and found.ulps.counts[-1] == 1
    assert found.ratios is not None and found.ratios.counts[0] == 1


def test_nothing_measured_is_no_figure() -> None:
    found = _tally([AGREE]).measures()
    assert found.worst_ulps is None and found.ulps is None and found.median_bar is None


def test_each_comparison_and_culprit_is_told_once() -> None:
    other = Comparison("c", Agreement.DISAGREE, Culprit.SPEC, "the spec is wrong")
    second = Comparison("d", Agreement.DISAGREE, Culprit.SPEC, "the spec is wrong")
    tally = _tally([WRONG], [WRONG, other], [second])
    assert [c for _, c in tally.distinct(3)] == [WRONG, other, second]
    assert len(tally.distinct(2)) == 2


def test_empty_samples_decide_nothing_unless_they_were_declared() -> None:
    empty = evidence_of(torch.exp, normal(0))
    for samples, outcome in (("drawn", Outcome.INCONCLUSIVE), ("edge", Outcome.PASSED)):
        tally = Tally()
        tally.add(empty, Check(_compare([AGREE]), samples=samples))
        assert tally.verdict()[0] is outcome

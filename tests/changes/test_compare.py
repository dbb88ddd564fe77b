"""Each case that differs is one change of one kind; none is left out, and none is told twice."""

from __future__ import annotations

import math

import pytest

from gradsuite.changes import Changes, Kind, compare
from gradsuite.changes.accuracy import moved
from gradsuite.changes.groups import groups
from gradsuite.reporters.merge import merge
from gradsuite.results import CaseResult, Culprit, Line, Measures, Outcome, SpecFault
from tests.changes import two_runs
from tests.reporters import recorded

GOOD = recorded.case(recorded.softmax(), "reverse", "float64")
FAULT = SpecFault(path="specs/a.grad.yaml", line=3, column=1, what="unknown key 'sumary'")


def _as(outcome: Outcome, **fields: object) -> CaseResult:
    return GOOD.model_copy(update={"outcome": outcome, **fields})


def kinds(base: list[Line], new: list[Line]) -> dict[Kind, int]:
    return {kind: count for kind, count in compare(merge(base), merge(new)).counts.items() if count}


@pytest.fixture(scope="module")
def changes() -> Changes:
    return compare(*two_runs.merged())


def test_every_case_is_counted_once(changes: Changes) -> None:
    base, new = two_runs.merged()
    every = {p.result.id for p in (*base.placed, *new.placed)}
    assert changes.same + len(changes.cases) == len(every)
    assert len({change.case for change in changes.cases}) == len(changes.cases)


def test_each_kind_is_seen(changes: Changes) -> None:
    assert dict(changes.counts) == {
        Kind.REGRESSED: 14,
        Kind.FIXED: 3,
        Kind.CHANGED: 1,
        Kind.LESS_ACCURATE: 1,
        Kind.MORE_ACCURATE: 1,
        Kind.ADDED: 13,
        Kind.REMOVED: 10,
    }


def test_a_run_does_not_differ_from_itself() -> None:
    assert kinds(two_runs.base(), two_runs.base()) == {}


@pytest.mark.parametrize("after", [o for o in Outcome if o is not Outcome.PASSED])
def test_a_pass_that_is_lost_is_a_regression_whatever_took_its_place(after: Outcome) -> None:
    assert kinds([GOOD], [_as(after)]) == {Kind.REGRESSED: 1}
    assert kinds([_as(after)], [GOOD]) == {Kind.FIXED: 1}


@pytest.mark.parametrize("quiet", [Outcome.INCONCLUSIVE, Outcome.UNSUPPORTED, Outcome.WAIVED])
def test_a_failure_that_is_hushed_up_is_not_fixed(quiet: Outcome) -> None:
    assert kinds([_as(Outcome.FAILED)], [_as(quiet)]) == {Kind.CHANGED: 1}
    assert kinds([_as(quiet)], [_as(Outcome.ERROR)]) == {Kind.REGRESSED: 1}


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.WAIVED])
def test_another_culprit_is_a_change_even_under_a_waiver(outcome: Outcome) -> None:
    other = recorded.wrong_spec().model_copy(update={"culprit": Culprit.BACKWARD})
    assert kinds([_as(outcome, failures=(recorded.wrong_spec(),))], [_as(outcome, failures=(other,))]) == {
        Kind.CHANGED: 1
    }


def test_a_spec_file_that_can_no_longer_be_read_has_regressed() -> None:
    assert kinds([GOOD], [FAULT]) == {Kind.REGRESSED: 1, Kind.REMOVED: 1}
    assert kinds([FAULT], [GOOD]) == {Kind.FIXED: 1, Kind.ADDED: 1}
    assert kinds([FAULT], [FAULT.model_copy(update={"line": 9})]) == {}


@pytest.mark.parametrize(
    ("before", "after", "bits"),
    [(1.0, 2.0, 1.0), (8.0, 1.0, -3.0), (0.0, 0.5, math.inf), (0.5, 0.0, -math.inf), (1.0, math.nan, math.inf)],
)
def test_accuracy_moves_by_bits(before: float, after: float, bits: float) -> None:
    move = moved(Measures(worst_ratio=before), Measures(worst_ratio=after))
    assert move is not None
    assert (move.bits, move.unit) == (bits, "natural errors")


@pytest.mark.parametrize(("before", "after"), [(1.0, 1.9), (0.0, 0.0), (math.inf, math.inf), (None, 4.0), (4.0, None)])
def test_less_than_a_bit_is_no_news(before: float | None, after: float | None) -> None:
    assert moved(Measures(worst_ratio=before), Measures(worst_ratio=after)) is None


def test_ulps_count_where_no_natural_error_was_measured() -> None:
    huge = Measures(worst_ulps=1e37, worst_ratio=1.0)  # an entry that cancels to nothing
    assert moved(Measures(worst_ulps=1.0, worst_ratio=1.0), huge) is None
    assert moved(Measures(worst_ulps=1.0), Measures(worst_ulps=4.0)) is not None


def test_runs_of_several_releases_are_compared_release_by_release() -> None:
    first, _ = recorded.environments()
    old, now = (first.model_copy(update={"torch": torch}) for torch in ("2.13.0", "2.14.0"))
    bad = _as(Outcome.FAILED)
    assert kinds([old, GOOD, now, GOOD], [old, bad, now, GOOD]) == {Kind.REGRESSED: 1}
    assert kinds([old, bad, now, GOOD], [old, bad, now, GOOD]) == {}
    assert kinds([old, GOOD], [now, GOOD]) == {}  # one release on each side: they are what is compared
    assert kinds([old, GOOD], [old, GOOD, now, bad]) == {Kind.ADDED: 1}


def test_of_several_results_of_one_release_the_worst_counts() -> None:
    first, _ = recorded.environments()
    other = first.model_copy(update={"platform": "another machine"})
    assert kinds([first, GOOD, other, GOOD], [first, _as(Outcome.FAILED), other, GOOD]) == {Kind.REGRESSED: 1}


def test_one_mistake_in_several_dtypes_is_one_group(changes: Changes) -> None:
    found = {group.name: group for group in groups(changes.of(Kind.REGRESSED))}
    assert found["tanh"].where == "reverse cpu-float64 cpu-float32 cpu-bfloat16 cpu-float16"
    assert found["tanh"].why.startswith("the backward is wrong")
    assert next(iter(found)) == "tanh"  # what fails comes before what is no longer checked


def test_how_many_samples_show_it_does_not_split_a_group() -> None:
    told = [f"only where x holds a zero ({k} of 29 samples)" for k in (3, 4)]
    bad = [
        recorded.case(recorded.softmax(), "reverse", dtype, outcome=Outcome.FAILED, failures=(failure,))
        for dtype, when in zip(("float64", "float32"), told, strict=True)
        for failure in [recorded.wrong_spec().model_copy(update={"when": when})]
    ]
    assert len(groups(compare(merge([]), merge(bad)).cases)) == 1

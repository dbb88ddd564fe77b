"""Lines of one run or several are put in order without losing or hiding any."""

from __future__ import annotations

from gradsuite.reporters.merge import merge
from gradsuite.results import Culprit, Outcome
from tests.reporters import recorded


def test_results_belong_to_the_environment_before_them() -> None:
    merged = merge(recorded.lines())
    assert [run.label for run in merged.runs] == ["A", "B"]
    assert {merged.runs[p.run].environment.torch for p in merged.placed if p.result.device == "cuda"} == {
        "2.13.0+cu130"
    }


def test_a_run_in_two_pieces_is_one_run() -> None:
    first, _ = recorded.environments()
    later = first.model_copy(update={"date": "2027-01-01T00:00:00Z", "command": "gradsuite run --ops exp"})
    assert len(merge([first, later]).runs) == 1


def test_another_torch_is_another_run_and_hides_nothing() -> None:
    cpu, _ = recorded.environments()
    other = cpu.model_copy(update={"torch": "2.12.0"})
    good = recorded.case(recorded.softmax(), "reverse", "float64")
    bad = good.model_copy(update={"outcome": Outcome.FAILED, "failures": (recorded.wrong_spec(),)})
    merged = merge([cpu, bad, other, good])
    assert merged.verdict is Outcome.FAILED
    assert merged.counts == {Outcome.FAILED: 1, Outcome.PASSED: 1}


def test_the_later_of_two_results_counts_and_is_said() -> None:
    cpu, _ = recorded.environments()
    good = recorded.case(recorded.softmax(), "reverse", "float64")
    merged = merge([cpu, good.model_copy(update={"outcome": Outcome.ERROR}), good])
    assert (merged.counts, merged.repeated) == ({Outcome.PASSED: 1}, 1)


def test_results_without_environment_or_op_are_shown_all_the_same() -> None:
    merged = merge([recorded.case(recorded.softmax(), "value", "float64")])
    assert merged.pages[0].op.name == "softmax"
    assert merged.runs[0].environment.torch == "?"


def test_one_mistake_is_one_finding() -> None:
    findings = {f.page.op.name: f for f in merge(recorded.lines()).findings}
    assert len(findings["softmax"].cases) == 3
    assert findings["softmax"].failure.culprit is Culprit.SPEC


def test_a_failed_case_without_recorded_failure_is_still_a_finding() -> None:
    bare = recorded.case(recorded.softmax(), "value", "float64", outcome=Outcome.FAILED, reason="no more memory")
    (finding,) = merge([bare]).findings
    assert (finding.failure.culprit, finding.failure.sentence) == (Culprit.UNDECIDED, "no more memory")


def test_a_faulty_spec_is_an_error_even_if_all_else_passed() -> None:
    fault = next(line for line in recorded.lines() if line.kind == "fault")
    merged = merge([fault, recorded.case(recorded.softmax(), "value", "float64")])
    assert merged.verdict is Outcome.ERROR


def test_unknown_checks_and_dtypes_come_last_in_order() -> None:
    cases = [recorded.case(recorded.softmax(), c, d) for c, d in (("zeta", "float8"), ("batching", "bfloat16"))]
    merged = merge([*cases, recorded.case(recorded.softmax(), "reverse", "float64")])
    assert merged.checks == ("reverse", "batching", "zeta")
    assert merged.dtypes == ("float64", "bfloat16", "float8")

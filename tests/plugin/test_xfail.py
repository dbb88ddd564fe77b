"""What pytest expects to fail is expected in gradsuite's reports, too; what a strict xfail wrongly expects is not."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from gradsuite.reporters.merge import merge
from gradsuite.results import CaseResult, Outcome
from tests.plugin.conftest import EXP
from tests.plugin.test_marked import KERNELS, recorded

TESTS = """
import pytest, torch, kernels

X = torch.tensor([0.5, 1.5, -2.0], dtype=torch.float64, requires_grad=True)
judged = pytest.mark.gradsuite(inputs=(X,), checks=["reverse"])

@pytest.mark.xfail(reason="the factor is forgotten", strict=True)
@judged
def test_known():
    return kernels.thrice

@pytest.mark.xfail
@judged
def test_raises():
    return kernels.raises

@pytest.mark.xfail(raises=OSError)
@judged
def test_fails_otherwise_than_expected():
    return kernels.thrice

@pytest.mark.xfail(reason="was wrong once")
@judged
def test_mended():
    return kernels.twice

@pytest.mark.xfail(reason="was wrong once", strict=True)
@judged
def test_mended_strictly():
    return kernels.twice

@pytest.mark.xfail(reason="the fixture, too")
def test_fixture(gradsuite_check):
    gradsuite_check(kernels.twice, (X,), checks=["reverse"])
    gradsuite_check(kernels.thrice, (X,), checks=["reverse"])

def test_in_the_body(gradsuite_check):
    try:
        gradsuite_check(kernels.thrice, (X,), checks=["reverse"])
    except AssertionError:
        pytest.xfail("seen to be wrong")
"""
RAISES = "\ndef raises(x):\n    raise KeyError('no kernel')\n"
CONFTEST = """
import pytest

def pytest_collection_modifyitems(items):
    for item in items:
        if "bfloat16" in item.name:
            item.add_marker(pytest.mark.xfail(reason="known in bfloat16"))
"""
WAIVED, PASSED, FAILED, ERROR = Outcome.WAIVED, Outcome.PASSED, Outcome.FAILED, Outcome.ERROR
OUTCOMES = {
    "test_known::known": WAIVED,
    "test_raises::raises": WAIVED,
    "test_fails_otherwise_than_expected::fails_otherwise_than_expected": FAILED,
    "test_mended::mended": PASSED,
    "test_mended_strictly::mended_strictly": ERROR,
    "test_fixture::twice": PASSED,
    "test_fixture::thrice": WAIVED,
    "test_in_the_body::thrice": WAIVED,
}
OPTIONS = ("--gradsuite-report=out", "--gradsuite-profile=quick", "--junitxml=out.xml", "-p", "no:randomly")


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    pytester.makepyfile(kernels=KERNELS + RAISES, test_kernels=TESTS)
    return pytester


def _results(folder: Path) -> dict[str, CaseResult]:
    _, results = recorded(folder)  # the later of two lines for a case counts
    return {name.partition("::")[2].rpartition("::")[0]: result for name, result in results.items()}


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_what_is_expected_is_not_red_and_what_is_wrongly_expected_is(project: pytest.Pytester, workers: str) -> None:
    project.runpytest_subprocess(workers, *OPTIONS).assert_outcomes(xfailed=4, failed=2, xpassed=1)
    results = _results(project.path / "out")
    assert {name: result.outcome for name, result in results.items()} == OUTCOMES
    known, raises, strict = (
        results[name] for name in ("test_known::known", "test_raises::raises", "test_mended_strictly::mended_strictly")
    )
    assert known.reason == "expected by its test (xfail): the factor is forgotten" and known.failures
    assert raises.reason == "expected by its test (xfail): no reason is given; KeyError: 'no kernel'"
    assert "a strict xfail" in strict.reason and strict.reason.endswith("the case is passed: remove the mark")
    lines, _ = recorded(project.path / "out")
    assert merge(lines).repeated == 0
    document = json.loads((project.path / "out" / "results.json").read_text(encoding="utf-8"))
    assert document["counts"] == {"error": 1, "failed": 1, "passed": 2, "waived": 4}
    assert "the factor is forgotten" in (project.path / "out" / "summary.md").read_text(encoding="utf-8")
    cases = ElementTree.parse(project.path / "out.xml").findall(".//testcase")
    told = {
        case.get("name"): [p.get("value") for p in case.iter("property") if p.get("name") == "gradsuite_outcome"]
        for case in cases
    }
    assert told["test_known[reverse-cpu-float64]"] == ["waived"]
    assert told["test_mended_strictly[reverse-cpu-float64]"] == ["error"]
    assert told["test_fixture"] == ["passed", "waived"]


def test_the_verdict_is_green_where_all_that_fails_is_expected(project: pytest.Pytester) -> None:
    result = project.runpytest_subprocess("-k", "known or mended and not strictly", *OPTIONS)
    result.assert_outcomes(xfailed=1, xpassed=1)
    result.stdout.fnmatch_lines(["All 1 decided case held"])
    document = json.loads((project.path / "out" / "results.json").read_text(encoding="utf-8"))
    assert document["verdict"] == "passed"


def test_without_xfail_it_is_a_failure(project: pytest.Pytester) -> None:
    project.runpytest_subprocess("-k", "test_known", "--runxfail", *OPTIONS).assert_outcomes(failed=1)
    assert _results(project.path / "out")["test_known::known"].outcome is FAILED


def test_a_case_of_a_spec_is_expected_to_fail_by_a_mark(project: pytest.Pytester) -> None:
    (project.path / "exp.grad.yaml").write_text(EXP.replace("elementwise: y", "elementwise: 2 * y"))
    project.makeconftest(CONFTEST)
    result = project.runpytest_subprocess("exp.grad.yaml", "-k", "reverse and float and 16", *OPTIONS)
    result.assert_outcomes(xfailed=1, failed=1)
    _, results = recorded(project.path / "out")
    assert {result.dtype: result.outcome for result in results.values()} == {"bfloat16": WAIVED, "float16": FAILED}

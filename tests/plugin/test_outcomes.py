from __future__ import annotations

import random
import sys
import xml.etree.ElementTree as ElementTree

import pytest
import torch

from gradsuite import runner

EXP = "specs/pointwise/exp.grad.yaml"


@pytest.mark.parametrize(
    ("check", "outcomes"),
    [
        ("value", {"passed": 4}),
        ("reverse", {"passed": 3, "failed": 1}),
        ("edge", {"skipped": 4}),
        ("kink", {"skipped": 4}),
        ("graph", {"xfailed": 4}),
        ("inplace", {"failed": 4}),
    ],
)
def test_only_a_pass_passes(host: pytest.Pytester, check: str, outcomes: dict[str, int]) -> None:
    host.runpytest(EXP, "-k", check).assert_outcomes(**outcomes)


def test_exit_codes_are_those_of_pytest(host: pytest.Pytester) -> None:
    assert host.runpytest(EXP, "-k", "value").ret == pytest.ExitCode.OK
    assert host.runpytest(EXP, "-k", "reverse").ret == pytest.ExitCode.TESTS_FAILED
    assert host.runpytest(EXP, "-k", "nothing").ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_a_failure_is_told_in_its_own_words(host: pytest.Pytester) -> None:
    result = host.runpytest(EXP, "-k", "reverse and bfloat16")
    result.stdout.fnmatch_lines(
        [f"{EXP}::exp::reverse?cpu-bfloat16?", "*backward*autograd does not*twice too large*", "*again: gradsuite run*"]
    )
    assert "pytest_plugin.py" not in result.stdout.str()


def test_junit_knows_outcome_and_seed(host: pytest.Pytester) -> None:
    host.runpytest(EXP, "-k", "value and float64", "--junitxml=out.xml", "--gradsuite-seed=7")
    case = ElementTree.parse(host.path / "out.xml").find(".//testcase")
    assert case is not None
    assert {p.get("name"): p.get("value") for p in case.iter("property")} == {
        "gradsuite_outcome": "passed",
        "gradsuite_seed": "7",
    }


def test_the_seed_of_hypothesis_counts_unless_there_is_an_own_one(host: pytest.Pytester) -> None:
    host.makeconftest("def pytest_runtest_logreport(report):\n  print('seed', dict(report.user_properties))")
    both = host.runpytest(EXP, "-s", "-k", "value and float64", "--hypothesis-seed=5", "--gradsuite-seed=6")
    assert "'gradsuite_seed': 6" in both.stdout.str()
    one = host.runpytest(EXP, "-s", "-k", "value and float64", "--hypothesis-seed=5")
    assert "'gradsuite_seed': 5" in one.stdout.str()


def test_a_device_that_is_absent_is_refused(host: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    for option in ("--gradsuite-require-device=cuda", "--gradsuite-device=cuda"):
        result = host.runpytest(option)
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines(["*device 'cuda' is required but absent*"])


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--gradsuite-require-device=cudda", "*unknown device 'cudda'; did you mean 'cuda'?*"),
        ("--gradsuite-dtype=flaot32", "*unknown dtype 'flaot32'; did you mean 'float32'?*"),
    ],
)
def test_unknown_names_are_refused(host: pytest.Pytester, option: str, message: str) -> None:
    result = host.runpytest(option)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([message])


def test_a_device_that_is_there_is_accepted(host: pytest.Pytester) -> None:
    host.runpytest(EXP, "-k", "value", "--gradsuite-require-device=cpu").assert_outcomes(passed=4)


def test_nothing_leaks_into_the_host_suite(host: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gradsuite.runner", runner)
    before = _state()
    host.runpytest(EXP, "-k", "reverse and float", "--gradsuite-profile=quick").assert_outcomes(passed=4)
    after = _state()
    assert torch.equal(before.pop("torch"), after.pop("torch"))
    assert before == after


def _state() -> dict[str, object]:
    return {
        "torch": torch.get_rng_state(),
        "python": random.getstate(),
        "dtype": torch.get_default_dtype(),
        "threads": torch.get_num_threads(),
        "grad": torch.is_grad_enabled(),
    }


def test_waivers_of_the_host_project_are_read(host: pytest.Pytester) -> None:
    folder = host.mkdir("waivers")
    (folder / f"{torch.__version__.partition('+')[0]}.yaml").write_text("- {case: a}\n")
    result = host.runpytest(EXP, "-k", "value and float64")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*waivers/*yaml:1:*"])


def test_two_workers_find_the_same_as_one(host: pytest.Pytester) -> None:
    from tests.plugin.conftest import CONFTEST

    host.makeconftest(CONFTEST)
    result = host.runpytest_subprocess("-n", "2", "-k", "value or reverse")
    result.assert_outcomes(passed=14, failed=2)

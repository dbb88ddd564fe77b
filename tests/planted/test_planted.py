"""Every check catches what is planted for it and names the culprit, and leaves the right twin alone."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from gradsuite import checks
from gradsuite.errors import UsageError
from gradsuite.plan import plan
from gradsuite.replay import replay
from gradsuite.results import CaseResult, Culprit, Outcome
from gradsuite.runner import Session
from gradsuite.spec import load
from tests.devices import stand_in
from tests.planted import second_order
from tests.planted.planted import Planted

MEMBERS = {check: import_module(f"tests.planted.{check}").PLANTED for check in checks.requestable()}
ALL = [(check, planted) for check, members in MEMBERS.items() for planted in members]
FIRST = list({check: (check, planted) for check, planted in reversed(ALL) if planted.device == "cpu"}.values())
TWINS = list({(check, planted.twin, planted.dtype): (check, planted) for check, planted in ALL}.values())


def _param(check: str, planted: Planted) -> ParameterSet:
    return pytest.param(check, planted, id=f"{check}-{planted.fault}".replace(" ", "_"))


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the spec is written."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def _in_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand elements stand for 2**31."""
    monkeypatch.setattr("gradsuite.checks.on_request.beyond_int32.COUNTED", 1000)


def _run(check: str, text: str, dtype: str, device: str = "cpu") -> CaseResult:
    """The one case of the spec ``text`` under ``check`` in ``dtype``."""
    path = Path("planted.grad.yaml")
    path.write_text(text, encoding="utf-8")
    (case,) = plan([load(path)], checks=[check], dtypes=[dtype])
    if device != "cpu":
        return stand_in.run(replace(case, device=device))
    return Session(profile="quick").run(case)


@cache
def _broken(check: str, planted: Planted) -> CaseResult:
    return _run(check, planted.broken, planted.dtype, planted.device)


@pytest.mark.parametrize(("check", "planted"), [_param(*each) for each in ALL])
def test_what_is_wrong_is_caught_and_its_culprit_named(check: str, planted: Planted) -> None:
    result = _broken(check, planted)
    assert result.outcome is Outcome.FAILED, (result.outcome, result.reason)
    assert {failure.culprit for failure in result.failures} == {planted.culprit}, [f.sentence for f in result.failures]
    assert planted.hint in result.failures[0].hint


@pytest.mark.parametrize(("check", "planted"), [_param(*each) for each in TWINS])
def test_its_right_twin_is_left_alone(check: str, planted: Planted) -> None:
    result = _run(check, planted.twin, planted.dtype, planted.device)
    assert result.outcome is Outcome.PASSED, (result.outcome, result.reason, [f.sentence for f in result.failures])
    assert result.conclusive > 0


@pytest.mark.parametrize(("check", "planted"), [_param(*each) for each in FIRST])
def test_its_failure_is_stored_and_fails_until_the_fault_is_mended(check: str, planted: Planted) -> None:
    recorded = CaseResult.model_validate_json(_broken(check, planted).model_dump_json())
    for failure in recorded.failures:
        Path(recorded.path).write_text(planted.broken, encoding="utf-8")
        assert replay(recorded, failure).fails
        Path(recorded.path).write_text(planted.twin, encoding="utf-8")
        with suppress(UsageError):  # the twin declares another argument, or its bars are wider than the fault was
            assert not replay(recorded, failure).fails


@pytest.mark.parametrize("check", checks.requestable())
def test_each_check_has_three_faults_or_more_with_names_of_their_own(check: str) -> None:
    faults = [planted.fault for planted in MEMBERS[check]]
    assert len(set(faults)) == len(faults) >= 3


def test_a_backward_that_refuses_to_be_differentiated_is_no_pass_and_no_failure() -> None:
    cube = Planted("cube: once differentiable", second_order.CUBE, "cube_once", "cube", Culprit.DOUBLE_BACKWARD)
    result = _run("second_order", cube.broken, cube.dtype)
    assert result.outcome is Outcome.UNSUPPORTED
    assert "once_differentiable" in result.reason

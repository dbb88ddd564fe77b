"""Cases on several processes: no recorded line is lost, and what kills or stalls one is confined to its case."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import _get_current_dispatch_mode_stack

from gradsuite.plan import plan
from gradsuite.results import CaseResult, Op, Outcome
from gradsuite.spec import Waivers, load_all
from gradsuite.spec.waivers import Waiver
from gradsuite.workers import run_all

SPEC = """
gradsuite: 1
op: {op}
name: {name}
summary: A sine.
reference: DLMF section 4.14.
inputs: {{x: N}}
forward: sin(x)
derivative: {{x: {{elementwise: cos(x)}}}}
"""


def killed(x: torch.Tensor) -> torch.Tensor:
    """Kills the interpreter on half precision."""
    if x.dtype == torch.float16:
        os.kill(os.getpid(), signal.SIGSEGV)
    return torch.sin(x)


class _Sin(torch.autograd.Function):
    """A sine whose backward never ends where it is itself differentiated."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(x)
        return x.sin()

    @staticmethod
    def backward(ctx: Any, ct: torch.Tensor) -> torch.Tensor:
        if torch.is_grad_enabled():
            time.sleep(3600)
        return ct * ctx.saved_tensors[0].cos()


def endless(x: torch.Tensor) -> torch.Tensor:
    return _Sin.apply(x)


def endless_under_noise(x: torch.Tensor) -> torch.Tensor:
    """Never ends where rounding is measured, which three checks below do."""
    if _get_current_dispatch_mode_stack():
        time.sleep(3600)
    return torch.sin(x)


@pytest.fixture
def specs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    for name in ("endless", "endless_under_noise", "killed", "sin"):
        op = "torch.sin" if name == "sin" else f"tests.test_workers.{name}"
        Path(f"{name}.grad.yaml").write_text(SPEC.format(op=op, name=name), encoding="utf-8")
    found, faults = load_all([Path()])
    assert not faults
    return found


def _run(specs: list, ops: list[str], checks: list[str], dtypes: list[str], jobs: int = 1, limit: float = 60.0) -> list:
    cases = plan(specs, ops=ops, checks=checks, dtypes=dtypes)
    return list(run_all(cases, profile="quick", seed=0, waivers=None, jobs=jobs, limit=limit))


def _results(lines: list) -> dict[str, CaseResult]:
    return {line.id: line for line in lines if isinstance(line, CaseResult)}


def test_one_process_or_two_give_the_same_results(specs: list) -> None:
    alone, together = (
        {name: result.outcome for name, result in _results(lines).items()}
        for lines in (_run(specs, ["killed", "sin"], ["reverse", "value"], ["float64"], jobs) for jobs in (1, 2))
    )
    assert alone == together
    assert set(alone.values()) == {Outcome.PASSED}


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_crash_is_an_error_of_its_cases_told_with_its_sample_and_the_rest_goes_on(specs: list, jobs: int) -> None:
    lines = _run(specs, ["killed", "sin"], ["reverse", "value"], ["float64", "float16"], jobs)
    results = _results(lines)
    errors = {name: result for name, result in results.items() if result.outcome is Outcome.ERROR}
    assert len(results) == 8
    assert set(errors) == {f"killed.grad.yaml::killed::{check}[cpu-float16]" for check in ("reverse", "value")}
    for result in errors.values():
        assert "killed the interpreter (Segmentation fault)" in result.reason
        assert result.last_sample is not None and result.last_sample.inputs[0].dtype == "float16"
    assert sorted(line.name for line in lines if isinstance(line, Op)) == ["killed", "sin"]


def test_what_takes_too_long_is_cut_off_and_the_rest_goes_on(specs: list) -> None:
    results = _results(_run(specs, ["endless"], ["reverse", "second_order", "value"], ["float64"], limit=15))
    outcomes = {result.check: result.outcome for result in results.values()}
    assert outcomes == {"reverse": Outcome.PASSED, "second_order": Outcome.ERROR, "value": Outcome.PASSED}
    (late,) = (result for result in results.values() if result.outcome is Outcome.ERROR)
    assert late.reason == "the op took more than 15 s" and late.last_sample is not None


def test_after_two_cases_that_took_too_long_the_rest_of_the_group_is_not_tried(specs: list) -> None:
    checks = ["precision", "reverse", "value"]
    results = _results(_run(specs, ["endless_under_noise"], checks, ["float32"], limit=8)).values()
    late = "the op took more than 8 s"
    assert [result.reason for result in results] == [late, late, f"not tried: {late} in 2 cases before"]


def test_a_known_crash_can_be_waived(specs: list) -> None:
    case = "killed.grad.yaml::killed::value[cpu-float16]"
    waiver = Waiver(case, "half precision kills it", "https://example.org", path="w.yaml", line=1, column=1)
    cases = plan(specs, ops=["killed"], checks=["value"], dtypes=["float16"])
    lines = run_all(cases, profile="quick", seed=0, waivers=Waivers((waiver,)))
    assert _results(list(lines))[case].outcome is Outcome.WAIVED

"""Cases on several processes: nothing that was recorded is lost, and a crash is confined to its case."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
import torch

from gradsuite.plan import plan
from gradsuite.results import CaseResult, Op, Outcome
from gradsuite.spec import load_all
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


@pytest.fixture
def specs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    for name, op in (("killed", "tests.test_workers.killed"), ("sin", "torch.sin")):
        Path(f"{name}.grad.yaml").write_text(SPEC.format(op=op, name=name), encoding="utf-8")
    found, faults = load_all([Path()])
    assert not faults
    return found


def _run(specs: list, jobs: int, dtypes: list[str]) -> list:
    cases = plan(specs, checks=["reverse", "value"], dtypes=dtypes)
    return list(run_all(cases, profile="quick", seed=0, waivers=None, jobs=jobs))


def test_one_process_or_two_give_the_same_results(specs: list) -> None:
    alone, together = (
        {line.id: line.outcome for line in _run(specs, jobs, ["float64"]) if isinstance(line, CaseResult)}
        for jobs in (1, 2)
    )
    assert alone == together
    assert set(alone.values()) == {Outcome.PASSED}


def test_a_crash_is_an_error_of_its_case_and_the_rest_goes_on(specs: list) -> None:
    lines = _run(specs, 2, ["float64", "float16"])
    outcomes = {line.id: line.outcome for line in lines if isinstance(line, CaseResult)}
    assert len(outcomes) == 8
    assert {case for case, outcome in outcomes.items() if outcome is Outcome.ERROR} == {
        f"killed.grad.yaml::killed::{check}[cpu-float16]" for check in ("reverse", "value")
    }
    assert all("killed the interpreter" in line.reason for line in lines if getattr(line, "outcome", "") == "error")
    assert sorted(line.name for line in lines if isinstance(line, Op)) == ["killed", "sin"]

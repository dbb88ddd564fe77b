"""Under pytest-xdist: one report, and a worker that dies costs the case that it was at."""

from __future__ import annotations

import pytest

from gradsuite.results import Outcome
from tests.plugin.test_marked import recorded

KERNELS = """
import os, torch

def deadly(x):
    if os.environ.get("PYTEST_XDIST_WORKER") and x.dtype == torch.float32:
        os._exit(3)
    return x * 2
"""
TESTS = """
import pytest, torch, kernels
X = torch.tensor([0.5, 1.5], dtype=torch.float64, requires_grad=True)

@pytest.mark.gradsuite(inputs=(X,), checks=["reverse"], dtypes=[torch.float64, torch.float32])
def test_deadly():
    return kernels.deadly

def test_fixture(gradsuite_check):
    gradsuite_check(torch.sin, (X,), checks=["reverse", "graph"])
"""


def test_what_was_recorded_before_a_crash_is_in_the_report(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    pytester.makepyfile(kernels=KERNELS, test_kernels=TESTS)
    options = ("-p", "no:randomly", "--gradsuite-report=out", "--gradsuite-profile=quick")
    result = pytester.runpytest_subprocess("-n1", *options)
    result.assert_outcomes(passed=2, failed=1)
    _, results = recorded(pytester.path / "out")
    outcomes = {name.partition("::")[2]: found.outcome for name, found in results.items()}
    assert outcomes == {
        "test_deadly::deadly::reverse[cpu-float64]": Outcome.PASSED,
        "test_deadly::deadly::reverse[cpu-float32]": Outcome.ERROR,
        "test_fixture::sin::reverse[cpu-float64]": Outcome.PASSED,
        "test_fixture::sin::graph[cpu-float64]": Outcome.PASSED,
    }
    (crashed,) = [found for found in results.values() if found.outcome is Outcome.ERROR]
    assert "worker 'gw0' crashed while running" in crashed.reason
    last = crashed.last_sample
    assert last is not None and last.stored is not None and last.stored.origin.declared is not None
    again = "'test_kernels.py::test_deadly[reverse-cpu-float32]' --gradsuite-seed=0 --gradsuite-profile=quick"
    assert last.replay == f"pytest {again}"
    assert sorted(path.name for path in (pytester.path / "out").glob("*.jsonl")) == ["results.jsonl"]

"""A host project with two sound specs and the stand-in for the runner."""

from __future__ import annotations

import sys
from pathlib import Path

import hypothesis.core  # noqa: F401 - pytester forgets what a run imports, and each run would import it again
import pytest

from tests import stand_in

ROOT = Path(__file__).parents[2]
EXP = """\
gradsuite: 1
op: torch.exp
summary: the exponential function
reference: Euler (1748)
inputs: {x: "*B"}
forward: exp(x)
derivative: {x: {elementwise: y}}
"""
CONFTEST = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from tests import stand_in
sys.modules["gradsuite.runner"] = stand_in.module()
"""


@pytest.fixture
def host(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.setitem(sys.modules, "gradsuite.runner", stand_in.module())
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    specs = pytester.mkdir("specs") / "pointwise"
    specs.mkdir()
    (specs / "exp.grad.yaml").write_text(EXP)
    (specs / "log.grad.yaml").write_text(
        EXP.replace("torch.exp", "torch.log")
        .replace("exp(x)", "log(x)")
        .replace("elementwise: y", "elementwise: 1 / x")
    )
    pytester.makeini("[pytest]\naddopts = -p no:randomly\n")
    return pytester

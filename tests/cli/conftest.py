"""A folder with two specs, in which the command line runs with the stand-in for the runner."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gradsuite.cli import main
from tests import stand_in

EXP = """\
gradsuite: 1
op: torch.exp
summary: the exponential function
reference: Euler (1748)
inputs: {x: "*B"}
forward: exp(x)
derivative: {x: {elementwise: y}}
"""
Command = Callable[..., tuple[int, str]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("gradsuite.runner", "gradsuite.workers"):
        monkeypatch.setitem(sys.modules, name, stand_in.module())
    monkeypatch.chdir(tmp_path)
    specs = tmp_path / "specs" / "pointwise"
    specs.mkdir(parents=True)
    (tmp_path / "waivers").mkdir()
    (specs / "exp.grad.yaml").write_text(EXP)
    (specs / "neg.grad.yaml").write_text(
        EXP.replace("torch.exp", "torch.neg").replace("exp(x)", "-x").replace("elementwise: y", "reshuffle: -ct")
    )
    return tmp_path


@pytest.fixture
def command(folder: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs the command line; gives the exit code and what was printed."""

    def run(*arguments: str) -> tuple[int, str]:
        code = main(list(arguments))
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    return run

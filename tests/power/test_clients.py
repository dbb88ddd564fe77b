"""docs/clients.md says what was recorded; whatever failed was looked at; and the command confines what it runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from power.clients import FIGURES, SURROGATES, run
from power.clients_page import PAGE, TRIAGE, VERDICTS, render

FILE = """
import os, torch
from types import SimpleNamespace

def sine(factor):
    class Sine(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x.sin()

        @staticmethod
        def backward(ctx, ct):
            return factor * ct * ctx.saved_tensors[0].cos()

    return lambda x: Sine.apply(x)

def inputs(generator, dtype):
    return (torch.randn(3, generator=generator, dtype=torch.float64).to(dtype).requires_grad_(),)

def client(name, fn, inputs=inputs):
    return SimpleNamespace(id=name, package="p", version="1", kind="exact", fn=fn, sample_inputs=inputs)

CLIENTS = [
    client("right", sine(1.0)), client("doubled", sine(2.0)),
    client("dies", None, lambda generator, dtype: os._exit(7)),
]
"""


def _recorded(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def test_the_page_is_made_of_the_record() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(_recorded(FIGURES), _recorded(TRIAGE))


def test_whatever_failed_was_looked_at_and_nothing_else_is_told() -> None:
    failed = {row["id"] for row in _recorded(FIGURES) if row["outcome"] in ("failed", "error", "lost")}
    assert set(_recorded(TRIAGE)) == failed
    assert {each["verdict"] for each in _recorded(TRIAGE).values()} <= set(VERDICTS)


def test_a_surrogate_passes_once_it_is_declared_unless_it_is_wrong_itself() -> None:
    rows = {row["id"]: row for row in _recorded(FIGURES)}
    for name in _recorded(SURROGATES):
        assert rows[name]["declared"] == "passed" or _recorded(TRIAGE)[name]["verdict"] == "package"


def test_a_package_that_takes_the_process_with_it_costs_its_own_row(tmp_path: Path) -> None:
    file = tmp_path / "calls.py"
    file.write_text(FILE, encoding="utf-8")
    rows = {row.id: row for row in run(file, "*", 2)}
    assert {name: row.outcome for name, row in rows.items()} == {"right": "passed", "doubled": "failed", "dies": "lost"}
    assert (rows["doubled"].culprit, rows["doubled"].gradcheck, rows["right"].gradcheck) == ("backward", False, True)
    assert any("2 times too large" in told for told in rows["doubled"].told)
    assert rows["dies"].told == ("ended with 7: []",)


def test_a_failure_that_nobody_looked_at_is_no_page() -> None:
    row = {"id": "x", "package": "p", "outcome": "failed", "culprit": "", "surrogate": ""}
    with pytest.raises(KeyError):
        render([row], {})

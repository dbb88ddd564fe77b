"""``explain`` of a check, an outcome, a culprit; and what it says of an op beside its formulas."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

import pytest

from gradsuite import checks
from gradsuite.results import Culprit, Outcome
from tests.cli.conftest import Command


@pytest.mark.parametrize("word", [*Outcome, *Culprit])
def test_every_word_of_a_report_is_explained(command: Command, word: str) -> None:
    code, out = command("explain", word)
    assert code == 0
    assert out.startswith(f"{word}\n  ") and len(out.splitlines()) >= 3


def test_a_check_is_explained_alone(command: Command) -> None:
    code, out = command("explain", "reverse")
    assert code == 0
    assert out.startswith("reverse\n  Reverse mode gives the derivative")
    assert "\nadjoint" not in out


def test_an_op_says_which_checks_apply_and_why_others_do_not(command: Command, folder: Path) -> None:
    spec = folder / "specs" / "pointwise" / "exp.grad.yaml"
    spec.write_text(spec.read_text() + "edge: [{x: [0.0], expect: {y: [1.0], x: [1.0]}}]\n")
    out = command("explain", "exp")[1]
    applying = next(line for line in out.splitlines() if "checks that apply: " in line)
    assert "reverse" in applying and "kink" not in applying
    assert "not kink: no kink is declared" in out
    assert "edge sample: x = (0.0,); expected: y = (1.0,), dx = (1.0,)" in out.replace("[", "(").replace("]", ",)")
    assert set(checks.names()) >= {"reverse", "kink"}


def test_waivers_in_force_are_shown(command: Command, folder: Path) -> None:
    release = importlib.metadata.version("torch").partition("+")[0]
    waiver = '- {case: "specs/pointwise/exp*::reverse*", reason: it is wrong, link: "https://example.org/1"}\n'
    (folder / "waivers" / f"{release}.yaml").write_text(waiver)
    assert (
        "waived     specs/pointwise/exp*::reverse*: it is wrong (https://example.org/1)" in command("explain", "exp")[1]
    )
    assert "waived     " not in command("explain", "neg")[1]

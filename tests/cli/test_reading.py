"""``list`` and ``explain``: what they say is what the specs and the checks say."""

from __future__ import annotations

from pathlib import Path

from gradsuite import checks
from tests.cli.conftest import Command


def test_list_has_a_line_for_each_op(command: Command) -> None:
    code, out = command("list")
    assert code == 0
    assert [line.split()[:3] for line in out.splitlines()[1:]] == [
        ["exp", "pointwise", "torch.exp"],
        ["neg", "pointwise", "torch.neg"],
    ]


def test_list_goes_on_past_a_broken_spec(command: Command, folder: Path) -> None:
    (folder / "specs" / "pointwise" / "exp.grad.yaml").write_text("a: [")
    code, out = command("list")
    assert code == 2
    assert "torch.neg" in out


def test_explain_shows_formula_domain_and_every_check(command: Command) -> None:
    code, out = command("explain", "exp")
    assert code == 0
    assert "y = exp(x)" in out
    assert "dx: elementwise: y" in out
    assert "x: [*B], real" in out
    assert "torch.neg" not in out
    for name in checks.names():
        assert f"\n  {name}\n" in out


def test_explain_of_a_dotted_path(command: Command) -> None:
    assert "dx: reshuffle: -ct" in command("explain", "torch.neg")[1]


def test_explain_of_an_unknown_op_names_the_nearest(command: Command) -> None:
    code, out = command("explain", "exq")
    assert code == 2
    assert "did you mean 'exp'?" in out


def test_explain_of_a_broken_spec_tells_its_faults(command: Command, folder: Path) -> None:
    (folder / "specs" / "pointwise" / "exp.grad.yaml").write_text("a: [")
    code, out = command("explain", "exp")
    assert code == 2
    assert "specs/pointwise/exp.grad.yaml:2:1: " in out

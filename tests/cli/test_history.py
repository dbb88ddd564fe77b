from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Command


def test_runs_are_added_once_and_shown(command: Command, folder: Path) -> None:
    command("run", "--checks", "value,reverse")
    assert command("history", "add", "reports")[1] == "reports/history.sqlite: 1 new, 0 known already and told anew\n"
    assert command("history", "add", "reports")[1] == "reports/history.sqlite: 0 new, 1 known already and told anew\n"
    code, out = command("history", "show", "-o", "trends.html")
    assert code == 0
    assert "1 run, 2026-01-01 to 2026-01-01" in out
    assert "✕  exp" in out
    assert "Were the gradients right, run by run?" in (folder / "trends.html").read_text(encoding="utf-8")


def test_named_ops_show_their_cases(command: Command, folder: Path) -> None:
    command("run", "--checks", "value,reverse")
    command("history", "add", "reports", "--file", "kept.sqlite")
    code, out = command("history", "show", "e*", "--file", "kept.sqlite")
    assert code == 0
    assert "✕  specs/pointwise/exp.grad.yaml::exp::reverse[cpu-bfloat16]" in out
    assert "float64" not in out  # it passed, and always did
    assert "neg" not in out


def test_what_is_asked_for_must_be_there(command: Command, folder: Path) -> None:
    code, out = command("history", "show")
    assert (code, "no history at 'reports/history.sqlite'; gradsuite history add makes one" in out) == (2, True)
    command("run", "--checks", "value")
    command("history", "add", "reports")
    assert "no op in the history matches 'epx'; did you mean 'exp'?" in command("history", "show", "epx")[1]


def test_a_file_that_is_not_ours_changes_nothing(command: Command, folder: Path) -> None:
    command("run", "--checks", "value")
    (folder / "notes.txt").write_text("not a result\n")
    assert command("history", "add", "reports", "notes.txt")[0] == 2
    assert not (folder / "reports" / "history.sqlite").exists()

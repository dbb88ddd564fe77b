from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Command


def test_reports_are_made_again_from_the_lines_alone(command: Command, folder: Path) -> None:
    command("run", "--checks", "value,reverse")
    before = (folder / "reports" / "index.html").read_text()
    code, out = command("report", "reports/results.jsonl", "-o", "again")
    assert code == 0
    assert "again/index.html" in out
    assert (folder / "again" / "index.html").read_text() == before


def test_several_runs_are_merged(command: Command, folder: Path) -> None:
    command("run", "--checks", "value", "--report-dir", "one")
    command("run", "--checks", "reverse", "--report-dir", "two")
    assert command("report", "one", "two", "-o", "both")[0] == 0
    text = json.dumps(json.loads((folder / "both" / "results.json").read_text()))
    assert "::value[" in text
    assert "::reverse[" in text


def test_a_killed_run_loses_the_case_in_flight_only(command: Command, folder: Path) -> None:
    command("run", "--checks", "value")
    lines = folder / "reports" / "results.jsonl"
    lines.write_text(lines.read_text()[:-20])
    assert command("report", "reports", "-o", "again")[0] == 0


def test_what_holds_no_results_is_refused(command: Command, folder: Path) -> None:
    (folder / "notes.txt").write_text("not a result\n")
    code, out = command("report", "notes.txt", "-o", "again")
    assert (code, "notes.txt does not hold gradsuite's results" in out) == (2, True)
    assert command("report", "nowhere", "-o", "again")[0] == 2

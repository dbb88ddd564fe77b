from __future__ import annotations

import json
from pathlib import Path

import pytest

from gradsuite.results import CaseResult, read
from tests.cli.conftest import Command
from tests.reporters import recorded


def results(file: Path) -> list[CaseResult]:
    return [line for line in read(file) if isinstance(line, CaseResult)]


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


def test_a_merged_folder_can_be_merged_and_compared_again(command: Command, folder: Path) -> None:
    command("run", "--checks", "value", "--report-dir", "one")
    command("run", "--checks", "reverse", "--report-dir", "two")
    assert "both/results.jsonl" in command("report", "one", "two", "-o", "both")[1]
    assert len(results(folder / "both" / "results.jsonl")) == 16
    out = command("diff", "one", "both")[1]
    assert "+ 8 added, = 8 as before" in out


def test_what_was_recorded_stays_as_it_is(command: Command, folder: Path) -> None:
    command("run", "--checks", "value")
    file = folder / "reports" / "results.jsonl"
    file.write_text(file.read_text()[:-20])  # a killed run
    before = file.read_text()
    assert command("report", "reports", "-o", "reports")[0] == 0
    assert file.read_text() == before


def test_a_killed_run_loses_the_case_in_flight_only(command: Command, folder: Path) -> None:
    command("run", "--checks", "value")
    lines = folder / "reports" / "results.jsonl"
    whole = len(results(lines))
    lines.write_text(lines.read_text()[:-20])
    assert command("report", "reports", "-o", "again")[0] == 0
    document = json.loads((folder / "again" / "results.json").read_text())
    assert len(document["results"]) == len(results(lines)) == whole - 1


NO_LINE = "this is no line of gradsuite's results: "


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("not a result\n", f"1: {NO_LINE}Invalid JSON"),
        ("not a result, and no end of a line", f"1: {NO_LINE}Invalid JSON"),
        ('{"version": "2.1.0"}\n', f"1: {NO_LINE}Unable to extract tag"),
        ("RUN{}\n", f"3: {NO_LINE}Unable to extract tag"),
        ('RUN{"kind":"fault","path":"a","line":"b","column":1,"what":"c"}\n', f"3: {NO_LINE}at 'fault.line': Input"),
        (
            'RUN{"kind":"fault","path":"","line":1,"column":1,"what":"","\\u001b[31m":1}\n',
            f"3: {NO_LINE}at 'fault.\\x1b",
        ),
        ("RUN" + "[" * 100_000 + "\n", f"3: {NO_LINE}Invalid JSON: recursion limit"),
        ("\udcff\n", f"1: {NO_LINE}Invalid JSON"),
    ],
)
def test_what_no_run_wrote_is_one_error_with_its_place(command: Command, folder: Path, text: str, told: str) -> None:
    run = "".join(line.model_dump_json() + "\n" for line in recorded.lines()[:2])
    (folder / "odd").write_bytes(text.replace("RUN", run).encode("utf-8", "surrogateescape"))
    code, out = command("report", "odd", "-o", "again")
    assert code == 2
    assert out.startswith(f"gradsuite: odd:{told}")
    assert out.count("\n") == 1
    assert "\x1b" not in out
    assert not (folder / "again").exists()
    assert command("diff", "odd", "odd") == command("history", "add", "odd") == (code, out)


def test_what_is_not_there_is_refused(command: Command, folder: Path) -> None:
    code, out = command("report", "nowhere", "-o", "again")
    assert (code, "no such file of results: 'nowhere'" in out) == (2, True)
    (folder / "empty").mkdir()
    assert "no such file of results: 'empty/results.jsonl'" in command("diff", "empty", "empty")[1]


def test_a_place_that_cannot_be_written_is_one_error(command: Command, folder: Path) -> None:
    command("run", "--checks", "value")
    (folder / "file").touch()
    for arguments in (
        ("report", "reports", "-o", "file"),
        ("diff", "reports", "reports", "-o", "file/page.html"),
        ("history", "add", "reports", "--file", "file/history.sqlite"),
        ("run", "--checks", "value", "--report-dir", "file"),
    ):
        code, out = command(*arguments)
        assert code == 2
        assert out.endswith("gradsuite: 'file' cannot be used: File exists; give another path\n")
        assert "Traceback" not in out

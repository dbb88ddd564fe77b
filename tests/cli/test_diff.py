from __future__ import annotations

from pathlib import Path

import pytest

from gradsuite.cli import main
from gradsuite.results import Line, Recorder
from tests.changes import two_runs


def write(folder: Path, lines: list[Line]) -> Path:
    folder.mkdir()
    with (folder / "results.jsonl").open("w", encoding="utf-8") as out:
        recorder = Recorder(out)
        for line in lines:
            recorder.write(line)
    return folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    folder = tmp_path_factory.mktemp("runs")
    base, new = write(folder / "base", two_runs.base()), write(folder / "new", two_runs.new())
    return str(base), str(new / "results.jsonl")  # a folder, and a file


def test_folders_and_files_are_compared(runs: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", *runs]) == 0
    out = capsys.readouterr().out
    assert "! tanh, 4 cases: passed → failed" in out
    assert out.endswith("= 724 as before\n")


@pytest.mark.parametrize(
    ("kinds", "code"),
    [
        (["regressed"], 1),
        (["fixed"], 1),
        (["changed"], 1),
        (["added,removed"], 1),
        (["less-accurate", "more-accurate"], 1),
        ([], 0),
    ],
)
def test_a_kind_that_must_not_be_is_exit_code_one(runs: tuple[str, str], kinds: list[str], code: int) -> None:
    asked = [part for kind in kinds for part in ("--fail-on", kind)]
    assert main(["diff", *runs, *asked]) == code
    assert main(["diff", runs[0], runs[0], *asked]) == 0


def test_the_page_is_written(runs: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "deep" / "changes.html"
    assert main(["diff", *runs, "-o", str(page)]) == 0
    assert str(page) in capsys.readouterr().out
    assert "14 regressed, 3 fixed" in page.read_text(encoding="utf-8")


def test_a_kind_that_is_not_known_is_refused(runs: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", *runs, "--fail-on", "regresed"]) == 2
    assert "--fail-on: no change is of the kind 'regresed'; did you mean 'regressed'?" in capsys.readouterr().err


def test_the_help_tells_each_kind_with_its_mark(capsys: pytest.CaptureFixture[str]) -> None:
    main(["diff", "--help"])
    out = capsys.readouterr().out
    assert "  ! regressed      fails or cannot be run" in out
    assert "  * fixed          passes, and did not before" in out

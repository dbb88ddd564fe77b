"""Every format is written from lines alone, and survives the trip through a file."""

from __future__ import annotations

import json
import re
from pathlib import Path

from gradsuite.reporters import formats, write_all
from gradsuite.reporters import markdown as md
from gradsuite.reporters.json import render as as_json
from gradsuite.reporters.markdown import render as as_markdown
from gradsuite.reporters.merge import merge
from gradsuite.results import Outcome, Recorder, read
from tests.reporters import recorded


def test_write_all_makes_three_files(tmp_path: Path) -> None:
    paths = write_all(recorded.lines(), tmp_path / "deep" / "reports")
    assert [path.name for path in paths] == ["index.html", "results.json", "summary.md"]
    assert all(path.read_text(encoding="utf-8") for path in paths)


def test_nothing_run_is_reported_too(tmp_path: Path) -> None:
    for path in write_all([], tmp_path):
        text = path.read_text(encoding="utf-8")
        assert "Nothing was run" in text or '"verdict":"unsupported"' in text


def test_reports_can_be_made_again_from_recorded_lines(tmp_path: Path) -> None:
    with (tmp_path / "results.jsonl").open("w", encoding="utf-8") as out:
        recorder = Recorder(out)
        for line in recorded.lines():
            recorder.write(line)
    for _, render in formats():
        assert render(merge(read(tmp_path / "results.jsonl"))) == render(merge(recorded.lines()))


def test_json_holds_every_record_and_no_bare_infinity() -> None:
    def refuse(name: str) -> None:
        raise AssertionError(name)

    document = json.loads(as_json(merge(recorded.lines())), parse_constant=refuse)
    assert document["verdict"] == "error"
    assert sum(document["counts"].values()) == len(document["results"])
    assert {result["run"] for result in document["results"]} == {"A", "B"}


def test_markdown_tells_verdict_culprit_and_replay() -> None:
    text = as_markdown(merge(recorded.lines()))
    assert text.startswith("# ! gradsuite: 5 of 754 cases failed")
    assert "### softmax: the spec is wrong" in text
    assert 'pytest "specs/activation/hardsigmoid.grad.yaml" -k "reverse and float64"' in text
    assert "`specs/loss/huber.grad.yaml:7:11`" in text


def test_markdown_stays_below_what_hosts_take() -> None:
    broken = {"outcome": Outcome.FAILED, "failures": (recorded.wrong_spec(),)}
    lines = [
        line.model_copy(update=broken) if line.kind == "result" else line for line in recorded.many(ops=50, failures=0)
    ]
    assert len(as_markdown(merge(lines)).encode()) < 2**20


def test_markdown_lets_no_markup_through() -> None:
    text = as_markdown(merge(recorded.hostile()))
    assert "\x1b" not in text
    outside = re.sub(r"^(`{3,})\n.*?\n\1$", "", text, flags=re.DOTALL | re.MULTILINE)
    outside = re.sub(r"(?<!`)(`+)(?!`)[^\n]*?(?<!`)\1(?!`)", "", outside)
    assert "<script" not in outside
    assert not re.search(r"(?<!\\)\]\(", outside)
    assert "\n# heading" not in outside


def test_markdown_code_is_fenced_by_more_backticks_than_it_holds() -> None:
    assert md.code("a `b` ``c``") == "``` a `b` ``c`` ```"
    assert md.block("x\n```\ny").startswith("````\n")
    assert md.text("<b>*x*</b> [a](b)") == "&lt;b&gt;\\*x\\*&lt;/b&gt; \\[a\\](b)"

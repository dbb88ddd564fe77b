"""Every format is written from lines alone, and survives the trip through a file."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import jsonschema
from markdown_it import MarkdownIt

from gradsuite.reporters import formats, quoting, write_all
from gradsuite.reporters.json import render as as_json
from gradsuite.reporters.json import schema
from gradsuite.reporters.markdown import LIMIT
from gradsuite.reporters.markdown import render as as_markdown
from gradsuite.reporters.merge import merge
from gradsuite.results import CaseResult, Environment, Line, Op, Outcome, Recorder, SpecFault, read
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


def test_markdown_tells_what_could_not_be_run() -> None:
    text = as_markdown(merge(recorded.lines()))
    assert "- `pow` RuntimeError\\: value cannot be converted. In 1 case: edge cpu-float16." in text
    assert "Cut to" not in text


def _all_failing() -> list[Line]:
    """400 ops with a mistake each, and as many faults, errors and waivers."""
    lines: list[Line] = [*recorded.environments()]
    for k in range(400):
        op = recorded.softmax().model_copy(update={"name": f"op{k}", "path": f"specs/{k}.grad.yaml"})
        wrong = {"outcome": Outcome.FAILED, "failures": (recorded.wrong_spec(),)}
        lines += [
            SpecFault(path=f"specs/broken{k}.grad.yaml", line=1, column=1, what="unknown key", mend="remove it"),
            recorded.case(op, "reverse", "float64", **wrong),
            recorded.case(op, "edge", "float64", outcome=Outcome.ERROR, reason="RuntimeError: no"),
            recorded.case(op, "kink", "float64", outcome=Outcome.WAIVED, reason="known"),
        ]
    return lines


def test_markdown_is_cut_to_64_kib_and_says_what_it_left_out() -> None:
    text = as_markdown(merge(_all_failing()))
    assert LIMIT * 0.8 < len(text.encode()) <= LIMIT == 65536
    (cut,) = re.findall(r"\*\*Cut to 64 KiB: (.*) in `index.html` and `results.json`.\*\*", text)
    left_out = {noun: int(count) for count, noun in re.findall(r"(\d+) more ([a-z ]+?)s?(?:,|$)", cut)}
    shown = {
        "fault": len(re.findall("^- `specs/broken", text, re.MULTILINE)),
        "mistake": len(re.findall("^### ", text, re.MULTILINE)),
        "error": len(re.findall("^- `op", text, re.MULTILINE)),
        "waived case": len(re.findall("^- `specs/[0-9]", text, re.MULTILINE)),
        "op": len(re.findall(r"^\| `op", text, re.MULTILINE)),
    }
    assert all(shown.values())
    assert {noun: count + left_out.get(noun, 0) for noun, count in shown.items()} == dict.fromkeys(shown, 400)


def test_markdown_of_nothing_but_long_and_hostile_text_fits_too() -> None:
    lines = [
        line.model_copy(update={"what": "<&|`" * 5000, "mend": "\N{CYCLONE}" * 5000}) if line.kind == "fault" else line
        for line in _all_failing()
    ]
    first = recorded.environments()[0]
    environments = [first.model_copy(update={"torch": f"<{k}" * 400, "devices": ("|" * 999,)}) for k in range(60)]
    assert len(as_markdown(merge([*environments, *lines])).encode()) <= LIMIT


def test_markdown_read_as_a_code_host_reads_it_holds_no_markup_of_others() -> None:
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(as_markdown(merge(recorded.hostile())))
    kinds = Counter(t.type for token in tokens for t in (token, *(token.children or ())))
    assert kinds["heading_open"] > 3
    assert kinds["tr_open"] > 8
    assert not set(kinds) & {"html_block", "html_inline", "link_open", "image"}


def test_markdown_lets_no_control_character_through() -> None:
    text = as_markdown(merge(recorded.hostile()))
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_markdown_code_is_fenced_by_more_backticks_than_it_holds() -> None:
    assert quoting.code("a `b` ``c``") == "``` a `b` ``c`` ```"
    assert quoting.block("x\n```\ny").startswith("````\n")
    assert quoting.text("<b>*x*</b> [a](b)") == "&lt;b&gt;\\*x\\*&lt;/b&gt; \\[a\\](b)"


def test_json_keeps_to_its_schema() -> None:
    for lines in (recorded.lines(), recorded.hostile(), []):
        jsonschema.validate(json.loads(as_json(merge(lines))), schema())


def test_the_schema_says_what_every_record_is() -> None:
    records = schema()["$defs"]
    assert {"LabelledRun", "PlacedResult", "Op", "SpecFault", "Failure", "Measures"} <= set(records)
    assert all(record.get("description") for record in records.values())


def test_json_leaves_nothing_out() -> None:
    """The recorded lines can be made again from it."""
    document = json.loads(as_json(merge(recorded.lines())))
    for kind, records in ((CaseResult, document["results"]), (Environment, document["runs"]), (Op, document["ops"])):
        for record in records:
            kind.model_validate({key: value for key, value in record.items() if key not in ("run", "label")})
    merged = merge(recorded.lines())
    assert document["repeated"] == merged.repeated > 0
    first = {key: value for key, value in document["results"][0].items() if key != "run"}
    assert CaseResult.model_validate(first) == merged.placed[0].result

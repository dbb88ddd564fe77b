"""The specs are read by people: their style is held like that of code."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import jsonschema
import pytest

from gradsuite.spec import find, load_all
from gradsuite.spec.definition import Spec
from gradsuite.spec.schema import PATH, schema_text
from gradsuite.spec.yaml import compose

ROOT = Path(__file__).parents[2] / "specs"
FILES = find([ROOT])
SCHEMA_LINE = "# yaml-language-server: $schema=../../gradsuite/spec/grad-spec.schema.json"
every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.name.partition(".")[0])


@pytest.fixture(scope="module")
def specs() -> dict[str, Spec]:
    return {spec.path: spec for spec in load_all([ROOT])[0]}


def test_every_spec_is_sound() -> None:
    assert [str(fault) for fault in load_all([ROOT])[1]] == []


def test_the_published_schema_is_current() -> None:
    assert PATH.read_text(encoding="utf-8") == schema_text(), "run: python -m gradsuite.spec.schema"


def test_the_published_schema_refuses_what_the_loader_refuses() -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(
            {"gradsuite": 1, "op": "torch.exp", "sumary": "x", "reference": "y"}, json.loads(schema_text())
        )


@every_file
def test_the_published_schema_takes_the_spec(path: Path) -> None:
    root, _ = compose(path.as_posix(), path.read_text(encoding="utf-8"))
    assert root is not None
    jsonschema.Draft202012Validator(json.loads(schema_text())).validate(root.plain())


@every_file
def test_it_lies_in_a_family_and_tells_editors_of_the_schema(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert path.parent.parent == ROOT
    assert text.startswith(SCHEMA_LINE + "\ngradsuite: 1\nop: ")


@every_file
def test_it_is_called_after_its_op(path: Path, specs: dict[str, Spec]) -> None:
    assert path.name == f"{specs[path.as_posix()].name}.grad.yaml"


@every_file
def test_its_summary_is_a_sentence(path: Path, specs: dict[str, Spec]) -> None:
    summary = specs[path.as_posix()].summary
    assert re.fullmatch(r"[A-Z][^\n]{8,118}[^.\s]\.", summary), "a capital, at most 120 characters, and a full stop"


@every_file
def test_its_reference_is_mathematics(path: Path, specs: dict[str, Spec]) -> None:
    reference = specs[path.as_posix()].reference
    assert len(reference) > 10
    assert not re.search(r"torch|derivatives\.yaml|\bATen\b", reference, re.IGNORECASE), (
        "never PyTorch's own derivative"
    )


@every_file
def test_its_text_is_tidy(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").split("\n")
    assert lines[-1] == "" and lines[-2] != "", "one line break at the end"
    untidy = [line for line in lines if line != line.rstrip() or "\t" in line or len(line) > 120]
    assert untidy == [], "no blanks at a line's end, no tabs, at most 120 characters"


def test_no_op_is_specified_twice(specs: dict[str, Spec]) -> None:
    for kind in ("op", "name", "summary"):
        counts = Counter(getattr(spec, kind) for spec in specs.values())
        assert [each for each, count in counts.items() if count > 1] == [], f"each {kind} once"

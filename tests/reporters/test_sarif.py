"""Faults as SARIF, beyond what ``gradsuite check`` finds by itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from sarif_pydantic import Sarif

from gradsuite.errors import Fault
from gradsuite.reporters.sarif import render
from tests.cli.sarif import SARIF
from tests.reporters import recorded


def result(path: str, what: str = "wrong", mend: str = "") -> dict[str, Any]:
    log = json.loads(render([Fault(path, 3, 7, what, mend)]))
    jsonschema.validate(log, SARIF)
    (found,) = log["runs"][0]["results"]
    rules = [rule["id"] for rule in log["runs"][0]["tool"]["driver"]["rules"]]
    assert rules[found["ruleIndex"]] == found["ruleId"]
    return found


def uri(path: str) -> str:
    place = result(path)["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert isinstance(place, str)
    return place


def test_paths_are_relative_references() -> None:
    assert uri("specs/a b/exp#1.grad.yaml") == "specs/a%20b/exp%231.grad.yaml"
    assert uri("specs/größe.grad.yaml") == "specs/gr%C3%B6%C3%9Fe.grad.yaml"


def test_a_path_elsewhere_is_a_file_uri(tmp_path: Path) -> None:
    assert uri(str(tmp_path / "exp.grad.yaml")).startswith("file:///")


def test_another_reading_of_the_standard_knows_all_that_the_log_holds() -> None:
    faults = [Fault("specs/a b.grad.yaml", 3, 7, "wrong", "mend it"), Fault("waivers/2.13.0.yaml", 1, 1, "wrong")]
    log = json.loads(render(faults))
    assert Sarif.model_validate(log).model_dump(mode="json", by_alias=True, exclude_unset=True) == log


@pytest.mark.parametrize(("path", "rule"), [("specs/a/exp.grad.yaml", "spec"), ("waivers/2.13.0.yaml", "waiver")])
def test_a_rule_for_each_kind_of_file(path: str, rule: str) -> None:
    assert result(path)["ruleId"] == rule


def test_a_message_is_text_and_no_link() -> None:
    assert result("a.grad.yaml", "see [here](javascript:x)")["message"]["text"] == r"see \[here\](javascript:x)"
    assert result("a.grad.yaml", "no dtypes", "write [real]")["message"]["text"] == "no dtypes; write [real]"
    text = result("a.grad.yaml", recorded.PAYLOAD)["message"]["text"]
    assert "\x1b" not in text
    assert r"\[link\](" in text

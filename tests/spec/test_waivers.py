"""Waivers: loaded with the care of specs, matched with brackets taken as they stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradsuite.errors import SpecError
from gradsuite.spec import load_waivers
from gradsuite.spec.waivers import waiver_file

ONE = """\
- case: specs/*/hardsigmoid.grad.yaml::hardsigmoid::reverse[cpu-float64]
  reason: The backward multiplies by a constant rounded to float32.
  link: https://example.org/1
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "2.13.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_brackets_of_case_ids_stand_for_themselves(tmp_path: Path) -> None:
    waivers = load_waivers(write(tmp_path, ONE))
    found = waivers.find("specs/activation/hardsigmoid.grad.yaml::hardsigmoid::reverse[cpu-float64]")
    assert found is not None and found.link == "https://example.org/1" and (found.line, found.column) == (1, 9)
    assert waivers.find("specs/activation/hardsigmoid.grad.yaml::hardsigmoid::reverse[cpu-float32]") is None


def test_a_waiver_that_matches_no_case_is_a_fault(tmp_path: Path) -> None:
    (fault,) = load_waivers(write(tmp_path, ONE)).unmatched(["specs/a.grad.yaml::a::value[cpu-float64]"])
    assert (fault.line, fault.column) == (1, 9) and "matches no case" in fault.what


def test_every_fault_of_the_file_is_told(tmp_path: Path) -> None:
    text = (
        ONE + "- {case: '*', resaon: all, link: 'no'}\n" + ONE + "- {case: a, reason: 1, link: 'https://example.org'}\n"
    )
    with pytest.raises(SpecError) as caught:
        load_waivers(write(tmp_path, text))
    assert [(fault.line, fault.what) for fault in caught.value.faults] == [
        (4, "a waiver for every case"),
        (4, "unknown key 'resaon'"),
        (4, "'no' is no link"),
        (5, "the case 'specs/*/hardsigmoid.grad.yaml::hardsigmoid::reverse[cpu-float64]' is waived twice"),
        (8, "'reason' must be text, not the number 1"),
    ]


@pytest.mark.parametrize("version", ["2.13.0+cpu", "2.13.0", "2.13.1"])
def test_the_file_is_chosen_by_release(tmp_path: Path, version: str) -> None:
    path = write(tmp_path, ONE)
    assert waiver_file(tmp_path, version) == path
    assert waiver_file(tmp_path, "2.14.0") is None

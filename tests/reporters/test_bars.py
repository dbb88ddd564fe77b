"""Whether the differences were right to say how far they may be off stands in every report, where it was measured."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from gradsuite import checks
from gradsuite.numerics.estimate import Estimate
from gradsuite.reporters.html import render
from gradsuite.reporters.merge import merge
from gradsuite.reporters.terminal import summarise
from gradsuite.results import Line, Measures
from gradsuite.routes.evidence import Evidence
from tests.reporters import recorded
from tests.routes.points import at, catalogue, evidence_of, normal


def _lines(held: int) -> list[Line]:
    op = recorded.softmax()
    figures = Measures(median_bar=2e-14, bars_judged=4, bars_held=held)
    return [recorded.environments()[0], op, recorded.case(op, "reverse", "float64", measures=figures)]


def _told(held: int) -> str:
    out = io.StringIO()
    summarise(_lines(held), console=Console(file=out, width=100, highlight=False))
    return out.getvalue()


def test_the_page_tells_the_share_the_width_and_where_a_bar_was_too_narrow() -> None:
    page = render(merge(_lines(3)))
    assert "at <b>3</b> of 4 samples (75.00%); the bar is typically 2e−14 of the slope" in page
    assert "3 of 4 (75.00%)" in page


def test_where_every_bar_held_no_op_is_listed() -> None:
    page = render(merge(_lines(4)))
    assert "at <b>4</b> of 4 samples; the bar" in page and "75.00%" not in page


def test_the_terminal_tells_it_too() -> None:
    assert "bars of the differences held: 3 of 4 (75.00%), typically 2e-14 wide" in _told(3)
    assert "bars of the differences held: 4 of 4, typically 2e-14 wide" in _told(4)


def test_what_was_not_measured_is_not_told() -> None:
    op = recorded.softmax()
    lines = [recorded.environments()[0], op, recorded.case(op, "reverse", "float64", measures=Measures())]
    assert 'id="bars"' not in render(merge(lines))


def _softmax() -> Evidence:
    return at(catalogue("activation/softmax.grad.yaml"), x=normal(2, 3))


def _held(evidence: Evidence) -> bool | None:
    (comparison,) = checks.get("reverse").compare(evidence)
    return comparison.figures.held


def test_a_proven_formula_tells_whether_the_bar_held() -> None:
    assert _held(_softmax()) is True


@pytest.mark.parametrize(("shift", "held"), [(0.0, True), (1e-9, False)])
def test_a_bar_that_is_too_narrow_is_counted(shift: float, held: bool) -> None:
    evidence = _softmax()
    right = evidence.thorough
    value = right.central.value + shift
    evidence.__dict__["thorough"] = replace(right, central=Estimate(value, max(right.central.bar, 1e-14)))
    assert _held(evidence) is held


def test_without_a_formula_nobody_can_say() -> None:
    assert _held(evidence_of(lambda x: x.sin(), normal(3))) is None

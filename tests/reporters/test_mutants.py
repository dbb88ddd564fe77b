"""How much the checks would notice stands in every report, where it was measured."""

from __future__ import annotations

import io

from rich.console import Console

from gradsuite.reporters.html import render
from gradsuite.reporters.markdown import render as as_markdown
from gradsuite.reporters.merge import Merged, merge
from gradsuite.reporters.terminal import summarise
from gradsuite.results import Line, Measures
from tests.reporters import recorded

SURVIVORS = ("rolled for x",)


def _lines(*survivors: str) -> list[Line]:
    op = recorded.softmax()
    figures = Measures(mutants=7, survivors=survivors)
    return [recorded.environments()[0], op, recorded.case(op, "vacuity", "float64", measures=figures)]


def _merged(*survivors: str) -> Merged:
    return merge(_lines(*survivors))


def test_the_page_tells_the_share_and_who_survived() -> None:
    page = render(_merged(*SURVIVORS))
    assert "noticed <b>6 of 7 (85.7%)</b> mutants of the gradients of 1 op" in page
    assert "6 of 7 (85.7%) mutants noticed" in page
    assert "passed by rolled for x, float64" in page


def test_where_all_were_noticed_none_is_listed() -> None:
    page = render(_merged())
    assert "noticed <b>7 of 7</b>" in page and "passed by" not in page


def test_the_summary_and_the_terminal_tell_the_share() -> None:
    assert "; 7 of 7 mutants noticed" in as_markdown(_merged())
    assert "| `softmax` | 1 | 7 of 7 |" in as_markdown(_merged())
    out = io.StringIO()
    summarise(_lines(*SURVIVORS), console=Console(file=out, width=80, highlight=False))
    assert "mutants noticed: 6 of 7 (85.7%)" in out.getvalue()


def test_what_was_not_measured_is_not_told() -> None:
    lines = recorded.lines()
    assert 'id="mutants"' not in render(merge(lines)) and "mutants noticed |" not in as_markdown(merge(lines))


def test_a_hostile_name_does_nothing() -> None:
    assert "<script>alert" not in render(_merged("<script>alert(1)</script>"))

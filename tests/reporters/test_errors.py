"""A case that could not be run is told with the sample at which it ended, in every report."""

from __future__ import annotations

from gradsuite.reporters.html import render
from gradsuite.reporters.merge import merge
from gradsuite.reporters.text import case_text
from gradsuite.results import CaseResult, Outcome
from tests.reporters import recorded
from tests.reporters.test_terminal import shown

ERROR = next(line for line in recorded.lines() if isinstance(line, CaseResult) and line.outcome is Outcome.ERROR)


def test_as_text() -> None:
    assert case_text(ERROR).splitlines()[2:] == [
        "RuntimeError: value cannot be converted",
        "  x = [0, -2.5]  (float16)",
        "  n = 0.5",
    ]


def test_on_the_page() -> None:
    page = render(merge([ERROR]))
    assert "<h5>The input that did it</h5>" in page and "<code>[0, -2.5]</code>" in page


def test_on_the_terminal() -> None:
    assert "    at x = [0, -2.5]" in shown([ERROR])

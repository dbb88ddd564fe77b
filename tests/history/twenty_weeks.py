"""A history made by hand: an op that broke, one that was mended, one that lost accuracy."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from gradsuite.history import History, page
from gradsuite.history.trends import trends
from gradsuite.reporters.merge import merge
from gradsuite.results import CaseResult, Environment, Line, Measures, Outcome
from tests.changes.two_runs import WRONG
from tests.reporters import recorded


def rendered(file: Path, week: Iterable[Line] | None = None) -> str:
    """The page of twenty weeks."""
    kept = History(file)
    lines = list(week or recorded.lines())
    for number in range(20):
        kept.add(merge(_in_week(number, line) for line in lines))
    runs = kept.runs(40)
    return page.render(runs, trends(kept.totals(40), runs))


def _in_week(number: int, line: Line) -> Line:
    if isinstance(line, Environment):
        date = f"2026-{1 + number // 4:02}-{1 + 7 * (number % 4):02}T09:00:00+00:00"
        return line.model_copy(update={"date": date, "torch": "2.13.0" if number < 12 else "2.14.0"})
    return _result(number, line) if isinstance(line, CaseResult) else line


def _result(number: int, result: CaseResult) -> CaseResult:
    if (result.name, result.check) == ("tanh", "reverse") and number >= 12:
        return result.model_copy(update=WRONG)
    if result.name == "softmax" and result.outcome is Outcome.FAILED and number > 5:
        return result.model_copy(update={"outcome": Outcome.PASSED, "failures": ()})
    if result.name == "log" and result.measures.worst_ratio:
        return result.model_copy(update={"measures": Measures(worst_ratio=1.5 if number < 9 else 60.0)})
    return result

"""The trends as one self-contained page, readable without script and without network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from gradsuite.history import ribbon
from gradsuite.history.terminal import day, opening, since
from gradsuite.history.trends import Point, Trend
from gradsuite.reporters import words
from gradsuite.reporters.html import sheet
from gradsuite.results import Environment, Outcome

_MOST = 1000  # ops


def render(runs: Mapping[int, Environment], found: Sequence[Trend]) -> str:
    """The page: all ops together, each op, and the runs."""
    failing = {(trend.path, trend.op) for trend in found if trend.fails}
    ops = {(trend.path, trend.op) for trend in found}
    totals = _totals(runs, found)
    newest_first = list(runs.items())[::-1]
    return sheet.render(
        "trends.html",
        headline=f"Failing now: {len(failing):,} of {words.counted(len(ops), 'op')}"
        if failing
        else "Nothing fails now",
        opening=opening(runs),
        tone=Outcome.FAILED if failing else Outcome.PASSED,
        total=ribbon.draw(list(totals.values()), height=60.0),
        trends=[(trend, since(runs, trend), ribbon.draw(trend.course)) for trend in found[:_MOST]],
        left_out=len(found[_MOST:]),
        runs=[(day(environment), environment, totals[number]) for number, environment in newest_first],
    )


def _headline(failing: int, ops: int) -> str:
    return f"Failing now: {failing:,} of {words.counted(ops, 'op')}" if failing else "Nothing fails now"


def _totals(runs: Iterable[int], found: Iterable[Trend]) -> dict[int, Point]:
    """All ops of a run together; their errors are not one curve."""
    totals = {run: Point() for run in runs}
    for trend in found:
        for run, point in trend.points.items():
            totals[run].counts.update(point.counts)
    return totals

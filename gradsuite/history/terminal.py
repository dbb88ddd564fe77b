"""The trends as lines for a terminal: a sign for each run, oldest first, what holds now and since when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from rich.text import Text

from gradsuite.history import spark
from gradsuite.history.store import Told
from gradsuite.history.trends import Trend
from gradsuite.reporters import words
from gradsuite.reporters.terminal import STYLE
from gradsuite.results import Environment, Outcome

_MOST = 60  # ops


def lines(runs: Mapping[int, Environment], found: Sequence[Trend]) -> Iterator[Text]:
    """Which runs, and a line for each op: signs, name, verdict, and how its worst error went."""
    yield Text(opening(runs))
    for trend in found[:_MOST]:
        yield _trend(runs, trend)
    if left_out := len(found[_MOST:]):
        yield Text(f"… and {left_out:,} more, quieter than these; name ops, or -o FILE for a page of all", "dim")


def cases(trend: Trend, told: Iterable[Told]) -> Iterator[Text]:
    """A line for each case that did not pass in every run."""
    found: dict[str, dict[int, Outcome]] = {}
    for each in told:
        found.setdefault(each.case, {})[each.run] = each.outcome
    for name, outcomes in found.items():
        if set(outcomes.values()) - {Outcome.PASSED, Outcome.UNSUPPORTED}:
            yield Text("  ").append_text(_signs(trend.runs, outcomes)).append(f"  {words.one_line(name)}")


def opening(runs: Mapping[int, Environment]) -> str:
    """``12 runs, 2026-01-05 to 2026-03-30``."""
    dates = [day(environment) for environment in runs.values()]
    return f"{words.counted(len(runs), 'run')}, {dates[0]} to {dates[-1]}" if dates else "no runs yet"


def day(environment: Environment) -> str:
    """The day of a run."""
    return words.one_line(environment.date, 40)[:10]


def since(runs: Mapping[int, Environment], trend: Trend) -> str:
    """``failed since 2026-03-02, torch 2.13.0``; without a date where it was never otherwise."""
    if trend.steady:
        return f"{trend.now.verdict.value} in every run"
    first = runs[trend.streak[-1]]
    return f"{trend.now.verdict.value} since {day(first)}, torch {words.one_line(first.torch, 40)}"


def _trend(runs: Mapping[int, Environment], trend: Trend) -> Text:
    now = trend.now
    text = _signs(trend.runs, {run: point.verdict for run, point in trend.points.items()})
    text.append(f"  {words.one_line(trend.op, 60):<24} {words.one_line(trend.device, 20):<5} ")
    text.append(since(runs, trend), STYLE[now.verdict])
    if trend.fails:
        text.append(f", {now.counts[now.verdict]:,} of {words.counted(now.counts.total(), 'case')}")
    if now.error is not None:
        errors = [point.error if point else None for point in trend.course]
        text.append(f"  {spark.line(errors)} {words.number(now.error)} natural errors", "dim")
    return text


def _signs(runs: Iterable[int], outcomes: Mapping[int, Outcome]) -> Text:
    """A sign for each run; a blank where the run did not have it."""
    return Text("").join(
        Text(words.GLYPH[outcomes[run]], STYLE[outcomes[run]]) if run in outcomes else Text(" ") for run in runs
    )

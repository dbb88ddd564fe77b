"""The terminal: progress while cases run, and the closing summary. A bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import textwrap
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bar
from rich.text import Text

from gradsuite.reporters import bars, mutants, words
from gradsuite.reporters.merge import Merged, Placed, main_failure, merge
from gradsuite.results import CaseResult, Line, Outcome, Told

STYLE = {
    Outcome.PASSED: "green",
    Outcome.FAILED: "bold red",
    Outcome.ERROR: "bold magenta",
    Outcome.INCONCLUSIVE: "yellow",
    Outcome.WAIVED: "blue",
    Outcome.UNSUPPORTED: "dim",
}
_LOUD = (Outcome.FAILED, Outcome.ERROR)
_EVERY = 20.0  # seconds between plain lines
_MOST = 40  # entries of one list in the summary


class Progress:
    """Shows how far a run is: ``with Progress(total) as progress: ... progress.add(line)``.

    On a terminal one bar with the counts so far; elsewhere a line from time to time. A case that fails is told at
    once in both.
    """

    def __init__(self, total: int, *, console: Console | None = None) -> None:
        """``total``: how many cases are planned."""
        self._console = console or Console(highlight=False)
        self._total = total
        self._counts: Counter[Outcome] = Counter()
        self._told = self._began = time.monotonic()
        self._bar = _bar(self._console) if self._console.is_terminal else None
        self._task = self._bar.add_task("", total=total, tally="") if self._bar else None

    def __enter__(self) -> Progress:
        """Start showing."""
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the bar away; elsewhere say how many were done."""
        if self._bar:
            self._bar.stop()
        elif kind is None and self._total:
            self._plain()

    def add(self, line: Line) -> None:
        """Take notice of a recorded line; all but results of cases pass in silence."""
        if not isinstance(line, CaseResult):
            return
        self._counts[line.outcome] += 1
        if line.outcome in _LOUD:
            _print(self._console, _event(line))
        if self._bar and self._task is not None:
            self._bar.update(
                self._task, advance=1, description=words.one_line(line.name, 24), tally=self._tally().markup
            )
        elif time.monotonic() - self._told >= _EVERY:
            self._plain()

    def _tally(self) -> Text:
        return Text("  ").join(
            Text(f"{words.GLYPH[o]} {self._counts[o]:,}", STYLE[o]) for o in words.GLYPH if self._counts[o]
        )

    def _plain(self) -> None:
        self._told = time.monotonic()
        tally = ", ".join(f"{self._counts[o]:,} {o.value}" for o in words.GLYPH if self._counts[o])
        done = sum(self._counts.values())
        _print(self._console, Text(f"{done:,} of {self._total:,} cases in {self._told - self._began:.0f} s: {tally}"))


def summarise(lines: Iterable[Line], *, report: Path | None = None, console: Console | None = None) -> None:
    """Print the closing summary: each failure with its culprit and replay command, counts, where the report is."""
    console = console or Console(highlight=False)
    merged = merge(lines)
    _print(console, Text())
    for fault in merged.faults[:_MOST]:
        place = f"{fault.path}:{fault.line}:{fault.column}: {fault.what}" + (f"; {fault.mend}" if fault.mend else "")
        _print(console, _told(Outcome.ERROR, words.one_line(place)))
    _rest(console, len(merged.faults))
    _failures(console, merged)
    _errors(console, merged)
    _print(console, _headline(merged))
    _print(console, _counts(merged))
    if counted := mutants.count(p.result for p in merged.placed):
        _print(console, Text(f"mutants noticed: {counted}"))
    if held := bars.count(merged.placed):
        _print(console, Text(f"bars of the differences held: {held}"))
    if report:
        _print(console, Text(f"report: {words.one_line(str(report), 4000)}"))


def _bar(console: Console) -> Bar:
    return Bar(
        SpinnerColumn(),
        BarColumn(bar_width=28),
        MofNCompleteColumn(),
        TextColumn("{task.fields[tally]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}", style="dim", markup=False),
        console=console,
        transient=True,
    )


def _event(result: CaseResult) -> Text:
    """One line on a case that has just failed."""
    why = words.story(main_failure(result)) if result.outcome is Outcome.FAILED else result.reason
    return _told(result.outcome, f"{words.one_line(result.id)}  {words.one_line(why)}")


def _failures(console: Console, merged: Merged) -> None:
    """Each mistake once: its culprit and sentence, and every case that shows it with its replay command."""
    if merged.findings:
        _print(console, Text("What failed", "bold"))
    for finding in merged.findings[:_MOST]:
        count = words.counted(len(finding.cases), "case")
        _print(console, _told(Outcome.FAILED, f"{words.one_line(finding.page.op.name)}, {count}"))
        _wrapped(console, words.story(finding.failure))
        commands = list(dict.fromkeys(map(_replay, finding.cases)))
        for command in commands[:_MOST]:
            _print(console, Text(f"    {command}", "cyan"))
        _rest(console, len(commands))
        _print(console, Text())
    _rest(console, len(merged.findings))


def _replay(placed: Placed) -> str:
    """The commands that run the failure and its case again; the case's id where none was recorded."""
    return _again(main_failure(placed.result), placed.result)


def _again(told: Told, result: CaseResult) -> str:
    case = words.one_line(told.replay or result.id, 4000)
    return case if told.stored is None else f"{words.replayed(told)}  # {case}"


def _errors(console: Console, merged: Merged) -> None:
    errors = [p.result for p in merged.placed if p.result.outcome is Outcome.ERROR]
    if errors:
        _print(console, Text("What could not be run", "bold"))
    for result in errors[:_MOST]:
        _print(console, _told(Outcome.ERROR, words.one_line(result.id)))
        _wrapped(console, result.reason or "no reason was recorded")
        if result.last_sample is not None:
            _wrapped(
                console, "at " + ", ".join(f"{a.name} = {words.clip(a.text, 80)}" for a in result.last_sample.inputs)
            )
            if result.last_sample.id:
                _print(console, Text(f"    {_again(result.last_sample, result)}", "cyan"))
    _rest(console, len(errors))


def _headline(merged: Merged) -> Text:
    return Text(f"{words.GLYPH[merged.verdict]} {words.headline(merged)}", STYLE[merged.verdict])


def _counts(merged: Merged) -> Text:
    """The counts by outcome, in words: colour is only a help."""
    parts = [Text(f"{merged.counts[o]:,} {o.value}", STYLE[o]) for o in words.GLYPH if merged.counts[o]]
    return Text(", ").join(parts) if parts else Text("no cases")


def _told(outcome: Outcome, text: str) -> Text:
    return Text.assemble((f"{words.GLYPH[outcome]} ", STYLE[outcome]), text)


def _wrapped(console: Console, text: str) -> None:
    for line in textwrap.wrap(words.one_line(text, 1000), max(console.width, 40) - 4):
        _print(console, Text(f"    {line}"))


def _print(console: Console, text: Text) -> None:
    """Never wrapped, so that commands and paths can be copied."""
    console.print(text, soft_wrap=True, highlight=False)


def _rest(console: Console, total: int) -> None:
    if total > _MOST:
        _print(console, Text(f"    … and {total - _MOST:,} more in the report", "dim"))

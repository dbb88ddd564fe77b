"""``gradsuite history``: the outcomes of many runs, kept in one sqlite file."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gradsuite.cli import recorded
from gradsuite.errors import UsageError
from gradsuite.spec.nearest import suggestion

if TYPE_CHECKING:
    from gradsuite.history import Trend

_file = click.option(
    "--file",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("reports/history.sqlite"),
    show_default=True,
    help="Where the history is kept.",
)


@click.group()
def history() -> None:
    """How each op went over many runs."""


@history.command()
@click.argument("results", nargs=-1, required=True, type=click.Path(path_type=Path))
@_file
def add(results: Sequence[Path], file: Path) -> int:
    """Remember the runs of RESULTS: results.jsonl files, or folders that hold one. The same run counts once."""
    from gradsuite.history import History

    every = [recorded.merged(path) for path in results]  # a file that is not ours changes nothing
    kept = History(file)
    new = sum(kept.add(merged) for merged in every)
    known = sum(len(merged.runs) for merged in every) - new
    click.echo(f"{file}: {new} new, {known} known already and told anew")
    return 0


@history.command()
@click.argument("ops", nargs=-1)
@_file
@click.option("--last", type=click.IntRange(min=1), default=30, show_default=True, help="How many runs, newest last.")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write it as an HTML page, too.")
def show(ops: Sequence[str], file: Path, last: int, output: Path | None) -> int:
    """Show each op's trend: a sign for each run, what holds now, and since when; with OPS (globs), each case's, too."""
    from rich.console import Console

    from gradsuite.history import History, page, terminal, trends

    if not file.is_file():
        raise UsageError(f"no history at {str(file)!r}; gradsuite history add makes one")
    kept, console = History(file), Console(highlight=False)
    runs = kept.runs(last)
    found = _select(trends.trends(kept.totals(last), runs), ops)
    lines = [*terminal.lines(runs, found)]
    for trend in found if ops else ():
        lines += terminal.cases(trend, kept.cases(trend.path, trend.op, trend.device, last))
    for line in lines:
        console.print(line, soft_wrap=True)
    if output:
        recorded.write(output, page.render(runs, found))
    return 0


def _select(found: Sequence[Trend], ops: Sequence[str]) -> list[Trend]:
    names = sorted({trend.op for trend in found})
    for glob in ops:
        if not any(fnmatchcase(name, glob) for name in names):
            raise UsageError(f"no op in the history matches {glob!r}; {suggestion(glob, names)}")
    return [trend for trend in found if not ops or any(fnmatchcase(trend.op, glob) for glob in ops)]

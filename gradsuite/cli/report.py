"""``gradsuite report``: every report again, from recorded lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gradsuite.cli import recorded

if TYPE_CHECKING:
    from gradsuite.results import Line


@click.command()
@click.argument("results", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="Folder for the reports.")
def report(results: Sequence[Path], output: Path) -> int:
    """Make the reports of RESULTS again, in the folder given by -o: of results.jsonl files, or folders that hold one.

    Several runs are merged; their lines are put into the folder as well, so that it can be merged or compared again.
    """
    from gradsuite.reporters import write_all

    lines = [line for path in results for line in recorded.lines(path)]
    kept = output / recorded.FILE
    for written in write_all(lines, output):
        click.echo(str(written))
    if not any(recorded.file(path).resolve() == kept.resolve() for path in results):  # what was recorded stays as it is
        _keep(lines, kept)
    return 0


def _keep(lines: Iterable[Line], kept: Path) -> None:
    from gradsuite.results import Recorder

    with kept.open("w", encoding="utf-8") as out:
        recorder = Recorder(out)
        for line in lines:
            recorder.write(line)
    click.echo(str(kept))

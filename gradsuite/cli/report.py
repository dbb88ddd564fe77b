"""``gradsuite report``: every report again, from recorded lines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from gradsuite.cli import recorded


@click.command()
@click.argument("results", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="Folder for the reports.")
def report(results: Sequence[Path], output: Path) -> int:
    """Make the reports of RESULTS (results.jsonl of one run or several, merged) again, in the folder given by -o."""
    from gradsuite.reporters import write_all

    lines = (line for path in results for line in recorded.lines(path))
    for written in write_all(lines, output):
        click.echo(str(written))
    return 0

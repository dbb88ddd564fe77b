"""``gradsuite report``: every report again, from recorded lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import click

from gradsuite.errors import UsageError
from gradsuite.results import Line


@click.command()
@click.argument("results", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="Folder for the reports.")
def report(results: Sequence[Path], output: Path) -> int:
    """Make the reports of RESULTS (results.jsonl of one run or several, merged) again, in the folder given by -o."""
    from gradsuite.reporters import write_all

    for path in write_all(chain.from_iterable(map(_lines, results)), output):
        click.echo(str(path))
    return 0


def _lines(path: Path) -> Iterator[Line]:
    """The recorded lines of ``path``, or of its ``results.jsonl`` if it is a folder."""
    from gradsuite.results import read

    file = path / "results.jsonl" if path.is_dir() else path
    if not file.is_file():
        raise UsageError(f"no such file of results: {str(path)!r}")
    try:
        yield from read(file)
    except ValueError as fault:
        raise UsageError(f"{file} does not hold gradsuite's results: {str(fault).splitlines()[0]}") from fault

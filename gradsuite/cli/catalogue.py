"""``gradsuite catalogue``: the static site of every op, from the specs and recorded lines. Imports no torch."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gradsuite.cli import recorded, waivers
from gradsuite.cli.specs import load
from gradsuite.reporters import words
from gradsuite.spec import Waivers

if TYPE_CHECKING:
    from gradsuite.errors import Fault
    from gradsuite.results import Line


@click.command()
@click.argument("results", nargs=-1, type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="Folder for the site.")
@click.option(
    "--specs", "paths", multiple=True, type=click.Path(path_type=Path), help="Where the specs lie. Repeatable."
)
def catalogue(results: Sequence[Path], output: Path, paths: Sequence[Path]) -> int:
    """Make a site with a page for each op: its mathematics, and what RESULTS (results.jsonl, if any) say of it."""
    from gradsuite import catalogue as site

    specs, faults = load(paths)
    lines = list(chain.from_iterable(map(recorded.lines, results)))
    in_force, faults_of_waivers = _in_force(lines)
    click.echo(str(site.write(site.pages(specs, lines, in_force), output)))
    for fault in (*faults, *faults_of_waivers):
        print(words.clean(str(fault)), file=sys.stderr)
    return 2 if faults or faults_of_waivers else 0


def _in_force(lines: Sequence[Line]) -> tuple[Waivers, list[Fault]]:
    """The waivers for the releases of torch that were run; for the installed one where none was."""
    releases = dict.fromkeys(line.torch.partition("+")[0] for line in lines if line.kind == "environment")
    found = [waivers.current(torch=release) for release in releases] or [waivers.current()]
    entries = dict.fromkeys(entry for each, _ in found for entry in each.entries)
    return Waivers(tuple(entries)), [fault for _, faults in found for fault in faults]

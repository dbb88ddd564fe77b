"""``gradsuite catalogue``: the static site of every op, from the specs and recorded lines. Imports no torch."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import click

from gradsuite.cli import recorded, waivers
from gradsuite.cli.specs import load


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
    in_force, faults_of_waivers = waivers.current()
    made = site.pages(specs, chain.from_iterable(map(recorded.lines, results)), in_force)
    click.echo(str(site.write(made, output)))
    for fault in (*faults, *faults_of_waivers):
        print(fault, file=sys.stderr)
    return 2 if faults or faults_of_waivers else 0

"""``gradsuite check``: reads specs and waivers, runs nothing, imports no torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from gradsuite.cli import waivers
from gradsuite.cli.specs import load, paths_argument
from gradsuite.errors import Fault
from gradsuite.spec.definition import Spec


@click.command()
@paths_argument
def check(paths: Sequence[Path]) -> int:
    """Parse and validate the specs below PATHS, without importing torch; with no PATHS, the catalogue and its waivers.

    Each fault is printed as file:line:col: what; how to mend it.
    """
    specs, faults = load(paths)
    if not paths:
        faults += _of_waivers(specs, whole=not faults)
    for fault in faults:
        click.echo(str(fault))
    click.echo(f"{_count(len(specs), 'sound spec')}, {_count(len(faults), 'fault')}")
    return 2 if faults else 0


def _of_waivers(specs: Sequence[Spec], *, whole: bool) -> list[Fault]:
    """The faults of every waiver file; which waivers match no case can be told only if the specs are all there."""
    faults: list[Fault] = []
    for file in sorted(waivers.folder().glob("*.yaml")):
        found, of_file = waivers.load(file)
        faults += of_file + (waivers.unmatched(found, specs) if whole else [])
    return faults


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"

"""``gradsuite check``: reads specs and waivers, runs nothing, imports no torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from gradsuite.cli import waivers
from gradsuite.cli.specs import load, paths_argument
from gradsuite.errors import Fault
from gradsuite.reporters import sarif, words
from gradsuite.spec.definition import Spec


@click.command()
@paths_argument
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", "sarif")),
    default="text",
    show_default=True,
    help="A line for each fault, or one SARIF 2.1.0 log, which code hosts show beside the lines.",
)
def check(paths: Sequence[Path], form: str) -> int:
    """Parse and validate the specs below PATHS, without importing torch; with no PATHS, the catalogue and its waivers.

    Each fault is printed as file:line:col: what; how to mend it.
    """
    specs, faults = load(paths)
    if not paths:
        faults += _of_waivers(specs, whole=not faults)
    click.echo(sarif.render(faults) if form == "sarif" else _text(specs, faults), nl=False)
    return 2 if faults else 0


def _of_waivers(specs: Sequence[Spec], *, whole: bool) -> list[Fault]:
    """The faults of every waiver file; which waivers match no case can be told only if the specs are all there."""
    faults: list[Fault] = []
    for file in sorted(waivers.folder().glob("*.yaml")):
        found, of_file = waivers.load(file)
        faults += of_file + (waivers.unmatched(found, specs) if whole else [])
    return faults


def _text(specs: Sequence[Spec], faults: Sequence[Fault]) -> str:
    counts = f"{words.counted(len(specs), 'sound spec')}, {words.counted(len(faults), 'fault')}"
    return "".join(f"{line}\n" for line in (*(words.one_line(str(fault), 4000) for fault in faults), counts))

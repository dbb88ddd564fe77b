"""``gradsuite diff``: what changed between two runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from gradsuite.changes.kind import MARK, MEANING, Kind
from gradsuite.cli import recorded
from gradsuite.cli.names import names
from gradsuite.errors import UsageError
from gradsuite.spec.nearest import suggestion

_KINDS = "\n".join(f"{MARK[kind]} {kind.value:<14} {MEANING[kind]}" for kind in Kind)


@click.command(help=f"What changed from BASE to NEW: results.jsonl files, or folders that hold one.\n\n\b\n{_KINDS}")
@click.argument("base", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option("--fail-on", multiple=True, metavar="KINDS", help="Exit code 1 if there are any: names with commas.")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write it as an HTML page, too.")
def diff(base: Path, new: Path, fail_on: Sequence[str], output: Path | None) -> int:
    """Show the changes, write the page, and tell whether there is a change of a kind that must not be."""
    from rich.console import Console

    from gradsuite.changes import compare, page, terminal

    kinds = _kinds(fail_on)
    changes = compare(recorded.merged(base), recorded.merged(new))
    console = Console(highlight=False)
    for line in terminal.lines(changes):
        console.print(line, soft_wrap=True)
    if output:
        recorded.write(output, page.render(changes))
    return int(any(changes.counts[kind] for kind in kinds))


def _kinds(given: Sequence[str]) -> list[Kind]:
    known = [kind.value for kind in Kind]
    for name in names(given):
        if name not in known:
            raise UsageError(f"--fail-on: no change is of the kind {name!r}; {suggestion(name, known)}")
    return [Kind(name) for name in names(given)]

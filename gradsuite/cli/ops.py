"""``gradsuite list``: the ops that have a spec, one a line."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from gradsuite.cli.specs import load, paths_argument
from gradsuite.spec.definition import Spec

_HEADER = ("name", "family", "op", "derivative", "dtypes", "spec")


@click.command("list")
@paths_argument
def list_ops(paths: Sequence[Path]) -> int:
    """List the ops below PATHS (the catalogue, unless given): name, family, op, forms of derivative, dtypes, spec."""
    specs, faults = load(paths)
    rows = [_HEADER, *(_row(spec) for spec in sorted(specs, key=lambda spec: (spec.family, spec.name)))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    for fault in faults:
        print(fault, file=sys.stderr)
    return 2 if faults else 0


def _row(spec: Spec) -> tuple[str, ...]:
    derivatives = [derivative for definition in spec.definitions for derivative in definition.derivative.values()]
    forms = sorted({derivative.form.value for derivative in derivatives})
    dtypes = [kind for kind, taken in (("real", spec.real), ("complex", spec.complex)) if taken]
    return (spec.name, spec.family, spec.op, ", ".join(forms) or "-", ", ".join(dtypes), spec.path)

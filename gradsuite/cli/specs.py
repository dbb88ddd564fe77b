"""The specs that a command line means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from gradsuite.errors import Fault, UsageError
from gradsuite.spec import catalogue, load_all
from gradsuite.spec.definition import Spec

paths_argument = click.argument("paths", nargs=-1, type=click.Path(path_type=Path))


def load(paths: Sequence[Path]) -> tuple[list[Spec], list[Fault]]:
    """Every spec below ``paths`` (the catalogue, if there are none) and every fault, under their ids' path names.

    Raises UsageError for a path that does not exist and where no spec is found.
    """
    chosen = list(paths) or _default()
    specs, faults = load_all(chosen)
    if not specs and not faults:
        raise UsageError(f"no *.grad.yaml below {', '.join(map(str, chosen))}")
    return [replace(spec, path=_name(spec.path)) for spec in specs], [
        replace(fault, path=_name(fault.path)) for fault in faults
    ]


def _default() -> list[Path]:
    """The working directory's ``specs``, or else the catalogue with what other projects add to it."""
    here = Path("specs")
    return [here] if here.is_dir() else [catalogue.folder("specs"), *catalogue.added().values()]


def _name(path: str) -> str:
    return catalogue.name_of(Path(path))

"""The recorded lines that a command line means."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gradsuite.errors import UsageError

if TYPE_CHECKING:
    from gradsuite.reporters.merge import Merged
    from gradsuite.results import Line


FILE = "results.jsonl"


def file(path: Path) -> Path:
    """``path``, or its ``results.jsonl`` if it is a folder."""
    return path / FILE if path.is_dir() else path


def lines(path: Path) -> Iterator[Line]:
    """The recorded lines of ``path``. Raises UsageError."""
    from gradsuite.results import read

    found = file(path)
    if not found.is_file():
        raise UsageError(f"no such file of results: {str(found)!r}; give a {FILE} or a folder that holds one")
    yield from read(found)


def merged(path: Path) -> Merged:
    """Everything that ``path`` holds, put in order."""
    from gradsuite.reporters.merge import merge

    return merge(lines(path))


def write(path: Path, page: str) -> None:
    """Write ``page``, made from recorded lines, to ``path`` and say so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8", errors="replace")
    click.echo(str(path))

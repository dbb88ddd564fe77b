"""The recorded lines that a command line means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gradsuite.errors import UsageError

if TYPE_CHECKING:
    from gradsuite.reporters.merge import Merged
    from gradsuite.results import Line


def lines(path: Path) -> Iterator[Line]:
    """The recorded lines of ``path``, or of its ``results.jsonl`` if it is a folder. Raises UsageError."""
    from gradsuite.results import read

    file = path / "results.jsonl" if path.is_dir() else path
    if not file.is_file():
        raise UsageError(f"no such file of results: {str(file)!r}; give a results.jsonl or a folder that holds one")
    yield from read(file)


def merged(paths: Iterable[Path]) -> Merged:
    """Everything that ``paths`` hold, put in order."""
    from gradsuite.reporters.merge import merge

    return merge(line for path in paths for line in lines(path))


def write(path: Path, page: str) -> None:
    """Write ``page``, made from recorded lines, to ``path`` and say so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8", errors="replace")
    click.echo(str(path))

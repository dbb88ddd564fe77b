"""Reporters: one output format a module, each made from recorded lines and from nothing else.

A format is a module here with ``FILE`` (the name it is written under) and ``render(merged) -> str``; it is found
by that alone.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from pathlib import Path

from gradsuite.reporters.merge import merge
from gradsuite.results import Line

__all__ = ["formats", "write_all"]


def formats() -> Iterator[tuple[str, Callable[..., str]]]:
    """Each format's file name and renderer, in alphabetical order of their modules."""
    for found in pkgutil.iter_modules(__path__):
        module = import_module(f"{__name__}.{found.name}")
        if hasattr(module, "FILE"):
            yield module.FILE, module.render


def write_all(lines: Iterable[Line], directory: Path) -> list[Path]:
    """Write every format of ``lines`` (of one run or several) into ``directory``, made if absent; give the paths."""
    merged = merge(lines)
    directory.mkdir(parents=True, exist_ok=True)
    written = []
    for name, render in formats():
        path = directory / name
        path.write_text(render(merged), encoding="utf-8", errors="replace")
        written.append(path)
    return written

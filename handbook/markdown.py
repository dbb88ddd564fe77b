"""Pieces of Markdown: what comes from the code is text, and stays text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape


def plain(text: str) -> str:
    """``text`` with nothing in it that Markdown or HTML would take for markup."""
    escaped = re.sub(r"([\\`*_{}\[\]])", r"\\\1", escape(text, quote=False))
    return escaped.replace("$", "&#36;").replace("|", "&#124;")


def code(text: str) -> str:
    """``text`` as code within a line."""
    fence = "``" if "`" in text else "`"
    return f"{fence}{text}{fence}" if text else ""


def prose(text: str) -> str:
    """A docstring: what stands between backquotes is code, the rest is text."""
    parts = re.split(r"(``.*?``|`[^`]+`)", text)
    return "".join(part if part.startswith("`") else plain(part) for part in parts)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are Markdown already."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines) + "\n"


def _cell(text: str) -> str:
    """On one line. Bars within code end no cell; in text there are none."""
    return " ".join(text.split())


def section(title: str, *parts: str, level: int = 2) -> str:
    """A heading with what stands below it; what is empty is left out."""
    return "\n\n".join([f"{'#' * level} {title}", *(part.strip() for part in parts if part.strip())]) + "\n"

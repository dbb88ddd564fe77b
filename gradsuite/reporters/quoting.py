"""Recorded text in Markdown: it means itself, and no markup breaks out of it."""

from __future__ import annotations

import html
import re

from gradsuite.reporters import words


def text(raw: str, limit: int = 400) -> str:
    """``raw`` as one line of Markdown that means itself: no markup, no HTML, no table or code breaks out of it."""
    return re.sub(r"([\\`*_\[\]|~#@!:])", r"\\\1", html.escape(words.one_line(raw, limit), quote=False))


def code(raw: str, limit: int = 2000) -> str:
    """``raw`` as inline code, fenced by more backticks than it holds."""
    line = words.one_line(raw, limit) or " "
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", line)), default=0))
    return f"{fence} {line} {fence}" if "`" in line else f"{fence}{line}{fence}"


def block(raw: str, limit: int = 2000) -> str:
    """``raw`` as a fenced block, fenced by more backticks than it holds."""
    body = words.clip(words.clean(raw), limit)
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", body)), default=0))
    return f"{fence}\n{body}\n{fence}"

"""The fenced blocks of a page of Markdown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
_FENCE = re.compile(
    r"^(?:<!-- not run: (?P<why>[^\n]+) -->\n)?"
    r"(?P<fence>`{3,})(?P<language>\w*)(?P<rest>[^\n]*)\n(?P<text>.*?)^(?P=fence)$",
    re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True)
class Block:
    """One block. ``title`` is the file it stands for, ``spec`` the one it quotes, ``why`` says why it is not run.

    ``shown`` is what the page says that it prints: the text block that follows it at once.
    """

    language: str
    text: str
    line: int
    title: str
    spec: str
    why: str
    shown: str | None


def blocks(markdown: str) -> list[Block]:
    """The page's blocks, in order."""
    found = list(_FENCE.finditer(markdown))
    return [_block(markdown, at, after) for at, after in zip(found, [*found[1:], None], strict=False)]


def _block(markdown: str, at: re.Match[str], after: re.Match[str] | None) -> Block:
    follows = after is not None and after["language"] == "text" and not markdown[at.end() : after.start()].strip()
    return Block(
        at["language"], at["text"], markdown[: at.start("text")].count("\n") + 1, _value("title", at["rest"]),
        _value("spec", at["rest"]), at["why"] or "", after["text"] if after is not None and follows else None,
    )  # fmt: skip


def _value(key: str, rest: str) -> str:
    found = re.search(rf'\b{key}="([^"]*)"', rest)
    return found[1] if found else ""


def name(page: Path) -> str:
    """The page's path from the repository's root."""
    return page.relative_to(ROOT).as_posix()

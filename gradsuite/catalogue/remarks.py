"""The comments of a spec file: what its author says of a key stands above it, or behind it on its line."""

from __future__ import annotations

import re

from gradsuite.spec.node import Node, Where
from gradsuite.spec.yaml import compose

_BEHIND = re.compile(r"\s{2,}#\s+(.*)$")


class Remarks:
    """The comments of ``text``, asked for by the path of a key."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        self._root = compose("", text)[0]

    def of(self, *where: str | int) -> str:
        """What is said of the key or item at ``where``; nothing where it does not exist."""
        line = self._line(where)
        return " ".join(filter(None, (self._above(line), self._behind(line)))) if line else ""

    def _line(self, where: Where) -> int | None:
        """The line, counted from 1, if nothing else begins before it there."""
        node: Node | None = self._root
        place: tuple[int, int] | None = None
        for part in where:
            if node is None:
                return None
            key, child = node.keys.get(str(part)), node.child(part)
            place = key or ((child.line, child.column) if child else None)
            node = child
        return place[0] if place and self._first(place) else None

    def _first(self, place: tuple[int, int]) -> bool:
        """Whether only blanks, or the dash of a list's item, stand before ``place`` on its line."""
        return not self._lines[place[0] - 1][: place[1] - 1].strip(" -")

    def _above(self, line: int) -> str:
        found: list[str] = []
        for text in reversed(self._lines[: line - 1]):
            if not text.lstrip().startswith("#"):
                break
            found.insert(0, text.strip().lstrip("# "))
        return " ".join(found)

    def _behind(self, line: int) -> str:
        match = _BEHIND.search(self._lines[line - 1])
        return match[1].strip() if match else ""

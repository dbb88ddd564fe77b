"""A tree of values that know their places, and where in a file a character of a text stands."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

Scalar = None | bool | int | float | str
Where = tuple[str | int, ...]


@dataclass
class Node:
    """A value and its place: ``line`` and ``column`` count from 1, ``start`` and ``end`` are offsets in the text."""

    value: Scalar | list[Node] | dict[str, Node]
    line: int
    column: int
    start: int = 0
    end: int = 0
    style: str = ""  # of a scalar: '' plain, ' or " quoted, | or > block
    keys: dict[str, tuple[int, int]] = field(default_factory=dict)  # of a mapping: the place of each key

    def child(self, key: str | int) -> Node | None:
        """The node below ``key``, or None."""
        if isinstance(self.value, dict):
            return self.value.get(str(key))
        if isinstance(self.value, list) and isinstance(key, int) and 0 <= key < len(self.value):
            return self.value[key]
        return None

    def plain(self) -> Any:
        """The value without places."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value


def locate(text: str, node: Node, offset: int) -> tuple[int, int]:
    """Line and column in ``text`` of a character of a scalar.

    ``offset`` counts from 0 in the scalar's value with each run of blanks written as one. Characters are
    matched by counting those that are not blank, so folding, indentation and escapes do not matter.
    """
    value = normal(str(node.value))
    wanted = len(value[:offset].replace(" ", ""))
    source = text[node.start : node.end]
    begin = _content_start(source, node.style)
    tokens = list(_TOKENS.get(node.style, _PLAIN).finditer(source, begin))
    inside = tokens[wanted].start() if wanted < len(tokens) else begin
    index = node.start + inside
    return text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)


def normal(text: str) -> str:
    """``text`` with each run of blanks and line breaks written as one blank."""
    return " ".join(text.split())


_PLAIN = re.compile(r"\S")
_TOKENS = {
    "'": re.compile(r"''|\S"),
    '"': re.compile(r"\\(?:x..|u.{4}|U.{8}|\S)|\\?\S"),
}


def _content_start(source: str, style: str) -> int:
    if style in ("|", ">"):
        return source.find("\n") + 1
    return 1 if style else 0

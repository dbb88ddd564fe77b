"""Parts of a text that must not exceed a size: each is cut between its entries, and what was left out is said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

_NOTES = 1024  # bytes kept for saying what was left out
_FLOOR = 8  # a part gets a share of the whole: an eighth, if it needs that much


@dataclass(frozen=True)
class Part:
    """A heading and its entries; ``noun`` is what they are, one of them."""

    noun: str
    head: str
    entries: tuple[str, ...]
    joint: str = "\n"
    left_out: int = 0

    @property
    def size(self) -> int:
        """Bytes in UTF-8, with the empty line before the next part."""
        return _bytes(self.head) + sum(_bytes(self.joint + entry) for entry in self.entries) + 2

    def cut(self, size: int) -> Part:
        """As many of its entries as fit into ``size`` bytes."""
        left, kept = size - _bytes(self.head) - 2, []
        for entry in self.entries:
            left -= _bytes(self.joint + entry)
            if left < 0:
                break
            kept.append(entry)
        return replace(self, entries=tuple(kept), left_out=len(self.entries) - len(kept))

    def __str__(self) -> str:
        return "".join((self.head, *(self.joint + entry for entry in self.entries)))


def fit(parts: Sequence[Part], limit: int) -> list[Part]:
    """The ``parts`` that have entries, cut so that all of them together take at most ``limit`` bytes.

    Earlier parts are served first, but leave each later one an eighth of the whole, or what it needs.
    """
    present = [part for part in parts if part.entries]
    left, kept = limit - _NOTES, []
    for place, part in enumerate(present):
        reserved = sum(min(later.size, limit // _FLOOR) for later in present[place + 1 :])
        kept.append(part.cut(left - reserved))
        left -= kept[-1].size
    return kept


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "replace"))

"""Decisions read from a string of bytes.

Hypothesis draws one string a sample, where one draw a decision would cost several times the rest. Every decision has
its own place on the tape, so shrinking one byte changes one decision; a byte of zero is the plainest choice.
"""

from __future__ import annotations


class Tape:
    """Reads decisions from ``data``; past its end every decision is the plainest."""

    def __init__(self, data: bytes = b"") -> None:
        self._data = data
        self.position = 0

    def byte(self) -> int:
        """The next byte."""
        place, self.position = self.position, self.position + 1
        return self._data[place] if place < len(self._data) else 0

    def choose(self, count: int) -> int:
        """A number in range(count), for ``count`` up to 256; 0 for a count of 0."""
        return self.byte() % max(count, 1)

    def number(self, length: int = 4) -> int:
        """An unsigned number of ``length`` bytes."""
        return int.from_bytes(bytes(self.byte() for _ in range(length)), "big")

    def rest(self) -> bytes:
        """What has not been read."""
        return self._data[self.position :]

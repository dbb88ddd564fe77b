"""Names given on a command line."""

from __future__ import annotations

from collections.abc import Iterable


def names(given: Iterable[str]) -> list[str]:
    """``("value,reverse", "graph")`` as single names."""
    return [name.strip() for part in given for name in part.split(",") if name.strip()]

"""Did you mean: the nearest known name, for messages."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that ``name`` is most likely a slip of, or None."""
    ordered = sorted(known)
    folded = {each.lower(): each for each in reversed(ordered)}
    match = get_close_matches(name.lower(), folded, n=1, cutoff=0.6)
    return folded[match[0]] if match else None


def suggestion(name: str, known: Iterable[str]) -> str:
    """How to mend ``name``: the nearest known name, or all of them where they are few."""
    ordered = sorted(known)
    if (near := nearest(name, ordered)) is not None:
        return f"did you mean {near!r}?"
    if not ordered:
        return "none is declared"
    return "known here: " + ", ".join(ordered[:16]) + (", ..." if len(ordered) > 16 else "")

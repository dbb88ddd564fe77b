"""How the changes are put, in the terminal and in the page. Plain text, escaped by whoever shows it."""

from __future__ import annotations

import math

from gradsuite.changes.accuracy import Move
from gradsuite.changes.compare import Changes
from gradsuite.changes.groups import Group
from gradsuite.changes.kind import OF_FIGURES, Kind
from gradsuite.reporters import words


def headline(changes: Changes) -> str:
    """The comparison in one sentence."""
    regressed, fixed = changes.counts[Kind.REGRESSED], changes.counts[Kind.FIXED]
    if regressed:
        return f"{regressed:,} regressed" + (f", {fixed:,} fixed" if fixed else "")
    if fixed:
        return f"Nothing regressed, {fixed:,} fixed"
    return "Nothing regressed" if changes.counts.total() else "Nothing changed"


def outcomes(group: Group) -> str:
    """``passed → failed``; where only an error moved, how far at most."""
    if group.first.kind in OF_FIGURES and group.move:
        return move(group.move)
    return " → ".join(outcome.value for outcome in group.outcomes)


def move(moved: Move) -> str:
    """``0.5 → 4 ULP, 3 bits lost``."""
    figures = f"{words.number(moved.before)} → {words.number(moved.after)} {moved.unit}"
    if math.isinf(moved.bits):
        return figures
    return f"{figures}, {words.number(abs(moved.bits))} bits {'lost' if moved.bits > 0 else 'won'}"

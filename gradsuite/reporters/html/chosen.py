"""Which cases get a story of their own: all that failed, could not be run or are waived, unless they are too many."""

from __future__ import annotations

from gradsuite.reporters.merge import Merged, Placed
from gradsuite.results import Outcome

TOLD = (Outcome.FAILED, Outcome.ERROR, Outcome.WAIVED)
MOST = 600
Chosen = frozenset[tuple[int, str]]


def chosen(merged: Merged) -> Chosen:
    """At most ``MOST`` cases, by ``key``: each mistake's first case before any mistake's second."""
    first: dict[tuple[str, ...], Placed] = {}
    again = []
    for placed in merged.placed:
        if placed.result.outcome in TOLD and first.setdefault(mistake(placed), placed) is not placed:
            again.append(placed)
    return frozenset(key(placed) for placed in [*first.values(), *again][:MOST])


def key(placed: Placed) -> tuple[int, str]:
    """What tells a case from every other of the page."""
    return placed.run, placed.result.id


def mistake(placed: Placed) -> tuple[str, ...]:
    """What two cases have in common whose stories are alike."""
    result = placed.result
    told = (result.failures[0].sentence, result.failures[0].hint) if result.failures else ()
    return result.path, result.name, result.outcome, result.reason, *told

"""pytest's outcome for a case's: only a pass passes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from gradsuite.results import CaseResult


PROPERTY = "gradsuite_outcome"  # of a test, in JUnit's file
_JUDGED = pytest.StashKey["list[CaseResult]"]()


def judged(item: pytest.Item, results: Iterable[CaseResult]) -> None:
    """Remembers what was judged in a test, until pytest has its say on it."""
    item.stash.setdefault(_JUDGED, []).extend(results)


def taken(item: pytest.Item) -> list[CaseResult]:
    """What was judged in a test since this was asked last."""
    results = item.stash.get(_JUDGED, [])
    item.stash[_JUDGED] = []
    return results


class CaseFailure(AssertionError):
    """A case did not hold. The text is what is shown, without a traceback through gradsuite."""


def settle(result: CaseResult, item: pytest.Item) -> None:
    """Ends the test as its case ended; JUnit knows the outcome and the seed."""
    from gradsuite.reporters.text import case_text
    from gradsuite.results import Outcome

    judged(item, [result])
    item.user_properties += [(PROPERTY, result.outcome.value), ("gradsuite_seed", result.seed)]
    match result.outcome:
        case Outcome.PASSED:
            return
        case Outcome.WAIVED:
            pytest.xfail(result.reason)
        case Outcome.UNSUPPORTED | Outcome.INCONCLUSIVE:
            pytest.skip(f"{result.outcome.value}: {result.reason}")
        case _:
            raise CaseFailure(case_text(result))

"""pytest's outcome for a case's: only a pass passes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from gradsuite.results import CaseResult


class CaseFailure(AssertionError):
    """A case did not hold. The text is what is shown, without a traceback through gradsuite."""


def settle(result: CaseResult, item: pytest.Item) -> None:
    """Ends the test as its case ended; JUnit knows the outcome and the seed."""
    from gradsuite.reporters.text import case_text
    from gradsuite.results import Outcome

    item.user_properties += [("gradsuite_outcome", result.outcome.value), ("gradsuite_seed", result.seed)]
    match result.outcome:
        case Outcome.PASSED:
            return
        case Outcome.WAIVED:
            pytest.xfail(result.reason)
        case Outcome.UNSUPPORTED | Outcome.INCONCLUSIVE:
            pytest.skip(f"{result.outcome.value}: {result.reason}")
        case _:
            raise CaseFailure(case_text(result))

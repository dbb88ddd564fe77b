"""What pytest's xfail makes of a case: known only once its result is recorded, which is then recorded anew."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from gradsuite.plugin.bench import bench
from gradsuite.plugin.outcome import PROPERTY
from gradsuite.results import CaseResult, Outcome

WRONG = (Outcome.FAILED, Outcome.ERROR)


def weigh(item: pytest.Item, results: Sequence[CaseResult], report: pytest.TestReport, raised: bool) -> None:
    """Records what is expected to be wrong as waived; what a strict xfail expects to be wrong, and holds, as an error.

    ``results``: what was judged in this phase of the test; ``raised``: whether the phase ended in an exception.
    """
    record = bench(item.config).record
    now: dict[object, str] = {}
    for result in results:
        weighed = _weighed(result, report, raised)
        if weighed is not result:
            now[result.outcome.value] = weighed.outcome.value
            if record:
                record.write(weighed)
    for told in (item, report):  # JUnit's file takes them from either
        told.user_properties[:] = [
            (name, now.get(value, value) if name == PROPERTY else value) for name, value in told.user_properties
        ]


def _weighed(result: CaseResult, report: pytest.TestReport, raised: bool) -> CaseResult:
    expected: str | None = getattr(report, "wasxfail", None)
    if expected is not None and report.skipped and result.outcome in WRONG:
        why = f"expected by its test (xfail): {expected or 'no reason is given'}"
        reason = f"{why}; {result.reason}" if result.reason else why
        return result.model_copy(update={"outcome": Outcome.WAIVED, "reason": reason, "weighed": True})
    strict = report.failed and not raised and str(report.longrepr).startswith("[XPASS(strict)]")
    if strict and result.outcome is Outcome.PASSED:
        reason = "its test expects it to be wrong (a strict xfail), but the case is passed: remove the mark"
        return result.model_copy(update={"outcome": Outcome.ERROR, "reason": reason, "weighed": True})
    return result

"""What a run says of an op: its figures by dtype and device, what each check came to, and what was found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from markupsafe import Markup

from gradsuite.reporters import mutants, words
from gradsuite.reporters.html import precision
from gradsuite.reporters.html.measured import reasons
from gradsuite.reporters.merge import Finding, Lane, Merged, OpPage, in_order
from gradsuite.results import Op, Outcome
from gradsuite.spec.definition import Spec


@dataclass(frozen=True)
class Row:
    """One check: in each lane and dtype its outcome, and how many samples decided."""

    check: str
    cells: tuple[tuple[Outcome, int] | None, ...]


@dataclass(frozen=True)
class Measured:
    """Everything that was recorded of one op."""

    op: Op
    stale: bool  # the run knew another text of the spec
    headline: str
    verdict: Outcome
    columns: tuple[tuple[str, str], ...]  # lane and dtype
    rows: tuple[Row, ...]
    accuracy: Markup  # by dtype: a table and pictures
    digits: float | None
    findings: tuple[Finding, ...]
    reasons: tuple[tuple[Outcome, str, int, str], ...]
    mutants: mutants.Mutants | None


def measured(merged: Merged, spec: Spec) -> Measured | None:
    """What the run says of ``spec``; None where it holds nothing of it."""
    page = next((page for page in merged.pages if (page.op.path, page.op.name) == (spec.path, spec.name)), None)
    if page is None:
        return None
    columns = [(lane, dtype) for lane in merged.lanes for dtype in merged.dtypes if _ran(page, lane, dtype)]
    proven = [p.result.measures.digits_proven for p in page.placed]
    return Measured(
        op=page.op,
        stale=bool(page.op.source) and page.op.source != spec.text,
        headline=_headline(page),
        verdict=page.verdict,
        columns=tuple((merged.label(lane), dtype) for lane, dtype in columns),
        rows=tuple(_rows(merged, page, columns)),
        accuracy=precision.render(merged, page),
        digits=min((digits for digits in proven if digits is not None), default=None),
        findings=tuple(finding for finding in merged.findings if finding.page is page),
        reasons=tuple(reasons(merged, page)),
        mutants=mutants.count(p.result for p in page.placed),
    )


def meanings(merged: Merged) -> Mapping[str, list[str]]:
    """The paragraphs of each check that ran, as the run recorded them; the first is a sentence."""
    recorded = {name: text for run in merged.runs for name, text in run.environment.checks.items()}
    return {
        name: [" ".join(paragraph.split()) for paragraph in recorded[name].split("\n\n")]
        for name in merged.checks
        if name in recorded
    }


def _headline(page: OpPage) -> str:
    """``107 cases: 104 passed, 3 waived``."""
    counts = [f"{page.counts[outcome]:,} {outcome.value}" for outcome in words.GLYPH if page.counts[outcome]]
    return f"{words.counted(len(page.placed), 'case')}: {', '.join(counts)}" if counts else "nothing was run"


def _ran(page: OpPage, lane: Lane, dtype: str) -> bool:
    return any((p.lane, p.result.dtype) == (lane, dtype) for p in page.placed)


def _rows(merged: Merged, page: OpPage, columns: list[tuple[Lane, str]]) -> Iterator[Row]:
    checks = in_order((p.result.check for p in page.placed), merged.checks)
    for check in checks:
        found = [page.by_place.get((lane, dtype, check)) for lane, dtype in columns]
        yield Row(check, tuple((p.result.outcome, p.result.conclusive) if p else None for p in found))

"""What an op's cases came to: the table dtype x check, the figures of each dtype, and the reasons given."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from markupsafe import Markup

from gradsuite.reporters import words
from gradsuite.reporters.html import anchors
from gradsuite.reporters.html.drawings import histogram
from gradsuite.reporters.html.templates import fill
from gradsuite.reporters.merge import Lane, Merged, OpPage, Placed
from gradsuite.results import Histogram, Measures, Outcome

_TOLD = (Outcome.FAILED, Outcome.ERROR, Outcome.WAIVED)


@dataclass(frozen=True)
class Figures:
    """Over all checks of one dtype in one lane."""

    lane: str
    dtype: str
    worst_ulps: float | None
    ulps: Markup
    worst_ratio: float | None
    ratios: Markup
    digits: float | None
    bar: float | None


def table(merged: Merged, page: OpPage) -> Markup:
    """Rows are lane and dtype, columns are checks."""
    checks = [check for check in merged.checks if any(p.result.check == check for p in page.placed)]
    rows = [
        (merged.label(lane), dtype, Markup("").join(_cell(page.by_place.get((lane, dtype, check))) for check in checks))
        for lane, dtype in _lanes(merged, page)
    ]
    return fill("table.html", checks=checks, rows=rows) if rows else Markup("")


def _lanes(merged: Merged, page: OpPage) -> list[tuple[Lane, str]]:
    present = {(p.lane, p.result.dtype) for p in page.placed}
    return [(lane, dtype) for lane in merged.lanes for dtype in merged.dtypes if (lane, dtype) in present]


def _cell(placed: Placed | None) -> Markup:
    if placed is None:
        return Markup("<td></td>")
    result = placed.result
    sign = Markup('<i class="g {0}" title="{0}">{1}</i>').format(result.outcome.value, words.GLYPH[result.outcome])
    if result.outcome in _TOLD:
        sign = Markup('<a href="#{}">{}</a>').format(anchors.of_case(placed), sign)
    count = Markup("<b>{}</b>").format(_samples(result.conclusive, result.samples)) if result.samples else ""
    return Markup("<td>{}{}</td>").format(sign, count)


def _samples(conclusive: int, samples: int) -> str:
    return f"{samples:,}" if conclusive >= samples else f"{conclusive:,}/{samples:,}"


def precision(merged: Merged, page: OpPage) -> list[Figures]:
    """The figures of each dtype for which anything was measured."""
    found = []
    for lane, dtype in _lanes(merged, page):
        measures = [p.result.measures for p in page.placed if (p.lane, p.result.dtype) == (lane, dtype)]
        if any(m != Measures() for m in measures):
            found.append(_figures(merged.label(lane), dtype, measures))
    return found


def _figures(lane: str, dtype: str, measures: list[Measures]) -> Figures:
    def worst(pick: Callable[[Measures], float | None], of: Callable[[Iterable[float]], float] = max) -> float | None:
        values = [value for m in measures if (value := pick(m)) is not None]
        return of(values) if values else None

    return Figures(
        lane=lane,
        dtype=dtype,
        worst_ulps=worst(lambda m: m.worst_ulps),
        ulps=_drawn([m.ulps for m in measures if m.ulps]),
        worst_ratio=worst(lambda m: m.worst_ratio),
        ratios=_drawn([m.ratios for m in measures if m.ratios]),
        digits=worst(lambda m: m.digits_proven, min),
        bar=worst(lambda m: m.median_bar),
    )


def _drawn(histograms: list[Histogram]) -> Markup:
    """Those over the same edges, added up, with 1 marked: one ULP, or the natural error itself."""
    if not histograms:
        return Markup("")
    edges = histograms[0].edges
    same = [h.counts for h in histograms if h.edges == edges]
    return histogram.draw(Histogram(edges=edges, counts=tuple(map(sum, zip(*same, strict=False)))), mark=1.0)


def reasons(merged: Merged, page: OpPage) -> list[tuple[Outcome, str, int, str]]:
    """For each outcome and reason other than a failure: how many cases, and which. The same reason is given once."""
    grouped: dict[tuple[Outcome, str], list[Placed]] = {}
    for placed in page.placed:
        if placed.result.reason and placed.result.outcome not in _TOLD:
            grouped.setdefault((placed.result.outcome, placed.result.reason), []).append(placed)
    return [(outcome, reason, len(cases), _which(merged, cases)) for (outcome, reason), cases in grouped.items()]


def _which(merged: Merged, cases: list[Placed]) -> str:
    checks = dict.fromkeys(p.result.check for p in cases)
    dtypes = dict.fromkeys(f"{merged.label(p.lane)} {p.result.dtype}" for p in cases)
    return f"{', '.join(checks)}: {', '.join(dtypes)}"

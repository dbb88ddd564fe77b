"""What an op's cases came to: the table dtype x check, and the reasons given."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from gradsuite.reporters.html import anchors
from gradsuite.reporters.html.chosen import TOLD, Chosen, key
from gradsuite.reporters.html.templates import fill, glyph
from gradsuite.reporters.merge import Lane, Merged, OpPage, Placed
from gradsuite.results import Outcome


@dataclass(frozen=True)
class _Row:
    """All checks of one dtype in one lane; ``cells`` are finished ``<td>`` elements."""

    place: str
    lane: str
    dtype: str
    cells: Markup


def place_of(merged: Merged, lane: Lane, dtype: str) -> str:
    """A row's lane and dtype as the script counts them."""
    return f"{merged.lanes.index(lane)}.{merged.dtypes.index(dtype)}"


def table(merged: Merged, page: OpPage, chosen: Chosen) -> Markup:
    """Rows are lane and dtype, columns are checks; a case with a story is a link to it."""
    checks = [check for check in merged.checks if any(p.result.check == check for p in page.placed)]
    rows = [
        _Row(
            place_of(merged, lane, dtype),
            merged.label(lane),
            dtype,
            Markup("").join(_cell(page.by_place.get((lane, dtype, check)), chosen) for check in checks),
        )
        for lane, dtype in lanes(merged, page)
    ]
    return fill("table.html", checks=checks, rows=rows) if rows else Markup("")


def lanes(merged: Merged, page: OpPage) -> list[tuple[Lane, str]]:
    """The op's lanes and dtypes, in the order of the page."""
    present = {(p.lane, p.result.dtype) for p in page.placed}
    return [(lane, dtype) for lane in merged.lanes for dtype in merged.dtypes if (lane, dtype) in present]


def _cell(placed: Placed | None, chosen: Chosen) -> Markup:
    """As short as it can be, for there may be 20,000: the style sheet gives the sign and its name."""
    if placed is None:
        return Markup("<td>")
    result = placed.result
    count = _samples(result.conclusive, result.samples) if result.samples else ""
    if key(placed) not in chosen:
        return Markup("<td class={}>{}").format(result.outcome.value, count)
    return Markup('<td><a href="#{}">{}</a>{}').format(anchors.of_case(placed), glyph(result.outcome), count)


def _samples(conclusive: int, samples: int) -> str:
    return f"{samples:,}" if conclusive >= samples else f"{conclusive:,}/{samples:,}"


def reasons(merged: Merged, page: OpPage) -> list[tuple[Outcome, str, int, str]]:
    """For each outcome and reason other than a failure: how many cases, and which. The same reason is given once."""
    grouped: dict[tuple[Outcome, str], list[Placed]] = {}
    for placed in page.placed:
        if placed.result.reason and placed.result.outcome not in TOLD:
            grouped.setdefault((placed.result.outcome, placed.result.reason), []).append(placed)
    return [(outcome, reason, len(cases), _which(merged, cases)) for (outcome, reason), cases in grouped.items()]


def _which(merged: Merged, cases: list[Placed]) -> str:
    checks = dict.fromkeys(p.result.check for p in cases)
    dtypes = dict.fromkeys(f"{merged.label(p.lane)} {p.result.dtype}" for p in cases)
    return f"{', '.join(checks)}: {', '.join(dtypes)}"

"""Everything at a glance: a row for each op, a column for each check, in each cell a tile for each dtype."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup

from gradsuite.reporters import words
from gradsuite.reporters.html import anchors
from gradsuite.reporters.html.chosen import TOLD, Chosen, chosen, key
from gradsuite.reporters.html.templates import fill
from gradsuite.reporters.merge import Lane, Merged, OpPage, Placed

ORDER, TITLE, ANCHOR = 40, "Matrix", "matrix"


@dataclass(frozen=True)
class Row:
    """An op in the matrix; ``cells`` are finished ``<td>`` elements."""

    page: OpPage
    anchor: str
    cells: Markup


def render(merged: Merged) -> Markup:
    """One table for each family, under one header."""
    if not merged.placed:
        return Markup("")
    told = chosen(merged)
    families = groupby(merged.pages, key=lambda page: page.op.family)
    return fill(
        "matrix.html",
        merged=merged,
        families=[(family, [_row(merged, page, told) for page in pages]) for family, pages in families],
        fits=_fits(merged),
    )


def _fits(merged: Merged) -> bool:
    """Whether a wide window holds every column, so that the header can stay in sight of the whole page."""
    longest = max(len(word) for check in merged.checks for word in check.split("_"))
    return longest < 15 and len(merged.checks) * (len(merged.dtypes) * 11 + 14) <= 1040


def _row(merged: Merged, page: OpPage, told: Chosen) -> Row:
    return Row(
        page, anchors.of_op(page.op), Markup("").join(_cell(merged, page, check, told) for check in merged.checks)
    )


def _cell(merged: Merged, page: OpPage, check: str, told: Chosen) -> Markup:
    strips = [[page.by_place.get((lane, dtype, check)) for dtype in merged.dtypes] for lane in merged.lanes]
    found = [placed for strip in strips for placed in strip if placed]
    if not found:
        return Markup('<td aria-label="not run">')
    inner = Markup("").join(
        Markup("<div>{}</div>").format(_strip(lane, strip, merged, told))
        for lane, strip in zip(merged.lanes, strips, strict=True)
        if any(strip) or len(strips) > 1
    )
    return Markup('<td aria-label="{}">{}').format(_spoken(found), inner)


def _strip(lane: Lane, strip: list[Placed | None], merged: Merged, told: Chosen) -> Markup:
    return Markup("").join(_tile(placed, merged.label(lane), told) if placed else Markup("<i></i>") for placed in strip)


def _tile(placed: Placed, lane: str, told: Chosen) -> Markup:
    """As short as it can be, for there may be 20,000: the key, the cell's label and the sign tell what it means."""
    result = placed.result
    if key(placed) not in told:
        return Markup("<i class={}>{}</i>").format(result.outcome.value, words.GLYPH[result.outcome])
    return Markup('<a class="{}" href="#{}" aria-label="{}">{}</a>').format(
        result.outcome.value,
        anchors.of_case(placed),
        words.clean(f"{result.name} {result.check} {lane} {result.dtype} {result.outcome.value}"),
        words.GLYPH[result.outcome],
    )


def _spoken(found: list[Placed]) -> str:
    """What the cell says aloud: ``3 passed, float16 failed``."""
    return ", ".join(_phrases(found))


def _phrases(found: list[Placed]) -> Iterator[str]:
    for outcome, count in Counter(p.result.outcome for p in found).items():
        named = " ".join(words.clean(p.result.dtype) for p in found if p.result.outcome is outcome)
        yield f"{named} {outcome.value}" if outcome in TOLD else f"{count} {outcome.value}"

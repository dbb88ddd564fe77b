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
_TILE = 11  # pixels, with the gap after it


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


def widths(merged: Merged) -> Markup:
    """How wide tiles are that stand for several dtypes, and all tiles of a cell together, as a style sheet."""
    whole = len(merged.dtypes)
    wide = [*((f".n{count}", count) for count in range(2, whole + 1)), ("div", whole)]
    return Markup("\n".join(f".matrix td {what}{{width:{_TILE * count - 1}px}}" for what, count in wide))


def _fits(merged: Merged) -> bool:
    """Whether a wide window holds every column, so that the header can stay in sight of the whole page."""
    longest = max(len(word) for check in merged.checks for word in check.split("_"))
    return longest < 15 and len(merged.checks) * (len(merged.dtypes) * _TILE + 14) <= 1040


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
    """The lane's tiles; neighbours that came out alike share a wide one, which the script takes apart when asked."""
    runs = (list(run) for _, run in groupby(strip, key=lambda placed: _alike(placed, told)))
    return Markup("").join(_tile(run[0], len(run), merged.label(lane), told) for run in runs)


def _alike(placed: Placed | None, told: Chosen) -> object:
    """What two neighbours have in common that share a tile; a case with a story has one to itself."""
    if placed is None:
        return None
    return key(placed) if key(placed) in told else placed.result.outcome


def _tile(placed: Placed | None, count: int, lane: str, told: Chosen) -> Markup:
    """As short as it can be, for there may be 20,000: the key, the cell's label and the sign tell what it means."""
    wide = f"n{count}" if count > 1 else ""
    if placed is None:
        return Markup("<i{}></i>").format(Markup(" class={}").format(wide) if wide else "")
    result = placed.result
    if key(placed) not in told:
        css = f'"{result.outcome.value} {wide}"' if wide else result.outcome.value
        return Markup("<i class={}>{}</i>").format(Markup(css), words.GLYPH[result.outcome])
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

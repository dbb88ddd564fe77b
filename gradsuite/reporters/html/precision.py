"""How exact an op is in each dtype: the figures in a table, and how they are spread as pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from gradsuite.reporters import words
from gradsuite.reporters.html import measured
from gradsuite.reporters.html.drawings import histogram
from gradsuite.reporters.html.drawings.histogram import Row
from gradsuite.reporters.html.templates import fill
from gradsuite.reporters.merge import Merged, OpPage
from gradsuite.results import Histogram, Measures

_SHOWN = (
    ("Error in ULP", "ULP", lambda m: m.ulps),
    ("Error over natural error", "times the natural error", lambda m: m.ratios),
)


@dataclass(frozen=True)
class _Figures:
    """Of one dtype in one lane, over the measures of all its checks; ``place`` as the script counts it."""

    place: str
    lane: str
    dtype: str
    measures: Sequence[Measures]

    def worst(self, name: str, of: Callable[[Iterable[float]], float] = max) -> float | None:
        """The largest (or what ``of`` picks) of a figure; None where nothing measured it."""
        values = [value for m in self.measures if (value := getattr(m, name)) is not None]
        return of(values) if values else None

    @property
    def least_digits(self) -> float | None:
        """To which the formula is proven, at worst."""
        return self.worst("digits_proven", min)

    @property
    def within(self) -> str:
        """The share of errors of at most one ULP."""
        return next((histogram.within(each, 1.0) for each in _added(m.ulps for m in self.measures)), "")


def render(merged: Merged, page: OpPage) -> Markup:
    """Table and pictures; nothing where nothing was measured."""
    found = list(_figures(merged, page))
    pictures = [(title, drawn) for title, unit, pick in _SHOWN for drawn in _drawn(found, unit, pick)]
    return fill("precision.html", figures=found, pictures=pictures) if found else Markup("")


def _figures(merged: Merged, page: OpPage) -> Iterator[_Figures]:
    for lane, dtype in measured.lanes(merged, page):
        own = [p.result.measures for p in page.placed if (p.lane, p.result.dtype) == (lane, dtype)]
        if any(_any(m) for m in own):
            yield _Figures(measured.place_of(merged, lane, dtype), merged.label(lane), dtype, own)


def _any(measures: Measures) -> bool:
    """Whether it holds a figure for the table."""
    return any(value is not None for value in (measures.worst_ulps, measures.worst_ratio, measures.digits_proven))


def _drawn(figures: Sequence[_Figures], unit: str, pick: Callable[[Measures], Histogram | None]) -> Iterator[Markup]:
    """One picture for each set of edges: those of two versions of gradsuite may differ."""
    by_edges: dict[tuple[float, ...], list[Row]] = {}
    for f in figures:
        for added in _added(pick(m) for m in f.measures):
            by_edges.setdefault(added.edges, []).append(
                Row(f.place, words.clip(words.clean(f"{f.lane} {f.dtype}"), 40), added)
            )
    for rows in by_edges.values():
        yield histogram.draw(rows, unit=unit, mark=1.0)


def _added(histograms: Iterable[Histogram | None]) -> Iterator[Histogram]:
    """Those over the same edges, added up; one whose counts do not fit its edges is left out."""
    by_edges: dict[tuple[float, ...], list[tuple[int, ...]]] = {}
    for each in histograms:
        if each and len(each.edges) == len(each.counts) + 1:
            by_edges.setdefault(each.edges, []).append(each.counts)
    for edges, counts in by_edges.items():
        yield Histogram(edges=edges, counts=tuple(map(sum, zip(*counts, strict=True))))

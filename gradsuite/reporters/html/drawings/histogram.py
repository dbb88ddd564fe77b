"""Histograms of several dtypes under one another, on one axis: one outline for the bars of each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from markupsafe import Markup

from gradsuite.reporters import words
from gradsuite.reporters.html.drawings import svg
from gradsuite.results import Histogram

_STEP, _ROW, _TALLEST, _LETTER, _FOOT = 24.0, 26.0, 21.0, 6.7, 30.0


@dataclass(frozen=True)
class Row:
    """One dtype of one lane; ``place`` is its lane and dtype as the script counts them."""

    place: str
    label: str
    histogram: Histogram


def draw(rows: Sequence[Row], *, unit: str, mark: float) -> Markup:
    """Bars of log(1 + count), so that a single far-off sample is seen; all rows over the edges of the first.

    ``mark`` is an edge to point out, ``unit`` what the edges count.
    """
    rows = [row for row in rows if any(row.histogram.counts)]
    if not rows:
        return Markup("")
    edges = rows[0].histogram.edges
    left, foot = math.ceil(max(len(row.label) for row in rows) * _LETTER) + 10.0, len(rows) * _ROW
    right = left + _STEP * (len(edges) - 1)
    parts = [_row(row, left, (k + 1) * _ROW) for k, row in enumerate(rows)]
    levels = "".join(f"M{svg.short(left)} {svg.short((k + 1) * _ROW)}H{svg.short(right)}" for k in range(len(rows)))
    parts.append(svg.path(levels, "axis"))
    if mark in edges:
        parts.append(svg.path(f"M{svg.short(left + edges.index(mark) * _STEP)} 0V{svg.short(foot)}", "mark"))
    parts += [svg.text(left + k * _STEP, foot + 12, _brief(edge)) for k, edge in enumerate(edges)]
    parts.append(svg.text((left + right) / 2, foot + _FOOT - 3, unit))
    return svg.figure(right + 12, foot + _FOOT, parts, title=_spoken(rows, unit, mark), css="histogram")


def within(histogram: Histogram, bound: float) -> str:
    """The share of what was counted up to ``bound``, which is an edge; whole only where all is: ``97 %``."""
    total = sum(histogram.counts)
    inside = sum(count for edge, count in zip(histogram.edges[1:], histogram.counts, strict=True) if edge <= bound)
    if not total:
        return ""
    return f"{inside / total:.0%}".replace("%", " %") if inside in (0, total) else f"{_open(inside / total):.3g} %"


def _open(share: float) -> float:
    """Per cent, neither 0 nor 100."""
    return min(max(100 * share, 0.1), 99.9)


def _row(row: Row, left: float, foot: float) -> Markup:
    label = svg.text(left - 8, foot - 3, row.label)
    bars = svg.path(_bars(row.histogram.counts, left, foot), "bars")
    return Markup('<g data-at="{}">{}{}</g>').format(row.place, label, bars)


def _bars(counts: tuple[int, ...], left: float, foot: float) -> str:
    """The outline of all bars: up or down, along, and so on."""
    top = math.log1p(max(counts))
    heights = (math.ceil(_TALLEST * math.log1p(max(count, 0)) / top) for count in counts)
    levels = [(0, 0), *((height, len(list(run))) for height, run in groupby(heights))]
    steps = "".join(f"v{last - height}h{_STEP * bars:g}" for (last, _), (height, bars) in pairwise(levels))
    return f"M{svg.short(left)} {svg.short(foot)}{steps}V{svg.short(foot)}z"


def _brief(edge: float) -> str:
    """An edge in the width of a bar: halves and quarters as one sign, 1024 as 2¹⁰."""
    signs = {0.125: "⅛", 0.25: "¼", 0.5: "½", 1024.0: "2¹⁰"}
    return signs.get(edge) or words.number(edge)


def _spoken(rows: Sequence[Row], unit: str, mark: float) -> str:
    shares = (f"{row.label} {within(row.histogram, mark)} up to {words.number(mark)}" for row in rows)
    return f"{unit}, how often each size occurs: {', '.join(shares)}"

"""A histogram in the space of a few words: one path for its bars."""

from __future__ import annotations

import math

from markupsafe import Markup

from gradsuite.reporters import words
from gradsuite.reporters.html.drawings import svg
from gradsuite.results import Histogram

_WIDTH, _HEIGHT, _FOOT = 176.0, 46.0, 13.0


def draw(histogram: Histogram, *, mark: float | None = None) -> Markup:
    """Bars of log(1 + count), so that a single far-off sample is seen; ``mark`` is an edge to point out."""
    counts, edges = histogram.counts, histogram.edges
    if not counts or len(edges) != len(counts) + 1 or not any(counts):
        return Markup("")
    step = _WIDTH / len(counts)
    parts = [svg.path(_bars(counts, step), "bars"), svg.path(f"M0 {_HEIGHT:g}h{_WIDTH:g}", "axis")]
    if mark is not None and mark in edges:
        x = edges.index(mark) * step
        parts.append(svg.path(f"M{svg.short(x)} 2V{_HEIGHT + 3:g}", "mark"))
        parts.append(svg.text(x, _HEIGHT + _FOOT - 2, words.number(mark), anchor="middle"))
    if math.isinf(edges[-1]) and len(edges) > 3:
        parts.append(svg.text(_WIDTH - step, _HEIGHT + _FOOT - 2, words.number(edges[-2]), anchor="middle"))
    parts.append(svg.text(0, _HEIGHT + _FOOT - 2, words.number(edges[0])))
    parts.append(svg.text(_WIDTH, _HEIGHT + _FOOT - 2, words.number(edges[-1]), anchor="end"))
    return svg.figure(_WIDTH, _HEIGHT + _FOOT, parts, title=_spoken(histogram), css="histogram")


def _bars(counts: tuple[int, ...], step: float) -> str:
    top = math.log1p(max(counts))
    heights = [(_HEIGHT - 4) * math.log1p(max(count, 0)) / top for count in counts]
    return "".join(
        f"M{svg.short(k * step + 1)} {_HEIGHT:g}v-{svg.short(height)}h{svg.short(step - 2)}v{svg.short(height)}z"
        for k, height in enumerate(heights)
        if height
    )


def _spoken(histogram: Histogram) -> str:
    pairs = zip(histogram.edges, histogram.edges[1:], histogram.counts, strict=False)
    return "; ".join(f"{words.number(a)} to {words.number(b)}: {count:,}" for a, b, count in pairs if count)

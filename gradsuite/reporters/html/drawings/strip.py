"""What each route says, on one common line: a dot for the value and a whisker for its bar."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup

from gradsuite.reporters.html.drawings import svg
from gradsuite.results import Says

_WIDTH, _HEIGHT, _MARGIN = 170.0, 18.0, 10.0


def draw(says: Sequence[Says]) -> list[Markup]:
    """One drawing for each route, on the same scale; nothing where a value is not a single finite number."""
    values, bars = [_float(s.value) for s in says], [_float(s.bar) for s in says]
    low = min((v - b for v, b in zip(values, bars, strict=True)), default=math.nan)
    high = max((v + b for v, b in zip(values, bars, strict=True)), default=math.nan)
    if not all(map(math.isfinite, (*values, *bars, high - low))) or high <= low:
        return []

    def at(value: float) -> float:
        return _MARGIN + (value - low) / (high - low) * (_WIDTH - 2 * _MARGIN)

    return [_row(at(v), at(v - b), at(v + b), s.agrees) for v, b, s in zip(values, bars, says, strict=True)]


def _float(text: str) -> float:
    try:
        return float(text.strip().removeprefix("±").replace("−", "-"))
    except ValueError:
        return math.nan


def _row(x: float, left: float, right: float, agrees: bool) -> Markup:
    middle = _HEIGHT / 2
    ends = "".join(f"M{svg.short(end)} {middle - 4:g}v8" for end in (left, right))
    parts = [
        svg.path(f"M0 {middle:g}H{_WIDTH:g}", "axis"),
        svg.path(f"M{svg.short(left)} {middle:g}H{svg.short(right)}{ends}", "whisker"),
    ]
    if agrees:
        parts.append(Markup('<circle class="agrees" cx="{}" cy="{:g}" r="4"/>').format(svg.short(x), middle))
    else:
        parts.append(svg.path(f"M{svg.short(x)} {middle - 6:g}l6 6l-6 6l-6 -6z", "differs"))
    return svg.figure(_WIDTH, _HEIGHT, parts, title="agrees" if agrees else "differs", css="strip")

"""A trend drawn: a column for each run, shared out among the outcomes, and the worst error as a curve."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import groupby

from markupsafe import Markup

from gradsuite.history import spark
from gradsuite.history.trends import Point
from gradsuite.reporters import words
from gradsuite.reporters.html.drawings import svg
from gradsuite.results import Outcome

_WIDEST, _COLUMN, _LEAST = 420.0, 14.0, 3.0
_ORDER = (
    Outcome.PASSED,
    Outcome.UNSUPPORTED,
    Outcome.WAIVED,
    Outcome.INCONCLUSIVE,
    Outcome.FAILED,
    Outcome.ERROR,
)  # from below


def draw(points: Sequence[Point | None], *, height: float = 22.0) -> Markup:
    """One drawing; None where a run did not have the op. Runs are evenly spaced, oldest on the left."""
    step = min(_COLUMN, _WIDEST / max(len(points), 1))
    found = [point.counts if point else Counter() for point in points]
    parts = [svg.path(_columns(found, outcome, step, height), outcome.value) for outcome in _ORDER]
    errors = [point.error if point else None for point in points]
    foot = height
    if any(error is not None for error in errors):
        parts += _curve(errors, step, height + 4, height)
        foot = 2 * height + 8
    return svg.figure(max(step * len(points), 1), foot, parts, title=spoken(points), css="trend")


def spoken(points: Sequence[Point | None]) -> str:
    """``passed in 9 runs, then failed in 3 runs``."""
    verdicts = [point.verdict.value if point else "not run" for point in points]
    runs = ((verdict, len(list(members))) for verdict, members in groupby(verdicts))
    return ", then ".join(f"{verdict} in {words.counted(count, 'run')}" for verdict, count in runs)


def _columns(found: Sequence[Counter[Outcome]], outcome: Outcome, step: float, height: float) -> str:
    """This outcome's share of every column; even a single case is wide enough to be seen."""
    width = svg.short(max(step - 1, 0.5))
    return "".join(
        f"M{svg.short(k * step)} {svg.short(bottom)}h{width}V{svg.short(top)}h-{width}z"
        for k, counts in enumerate(found)
        for bottom, top in _share(counts, outcome, height)
    )


def _share(counts: Counter[Outcome], outcome: Outcome, height: float) -> list[tuple[float, float]]:
    if not counts[outcome]:
        return []
    shares = [max(_LEAST, height * counts[o] / counts.total()) if counts[o] else 0.0 for o in _ORDER]
    place = _ORDER.index(outcome)
    scale = height / sum(shares)
    bottom = height - scale * sum(shares[:place])
    return [(bottom, bottom - scale * shares[place])]


def _curve(errors: Sequence[float | None], step: float, top: float, height: float) -> list[Markup]:
    """The worst error, logarithmic; broken where none was measured."""
    places = [
        None if h is None else (k * step + step / 2, top + height * (1 - h))
        for k, h in enumerate(spark.heights(errors))
    ]
    data, pen = "", "M"
    for place in places:
        data += f"{pen}{svg.short(place[0])} {svg.short(place[1])}" if place else ""
        pen = "L" if place else "M"
    x, y = next(place for place in reversed(places) if place)
    dot = Markup('<circle class="dot" cx="{}" cy="{}" r="2.5"/>').format(svg.short(x), svg.short(y))
    return [svg.path(data, "curve"), dot]

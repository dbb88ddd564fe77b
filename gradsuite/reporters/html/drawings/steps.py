"""The error of the differences against their step size, both on logarithmic axes, each point with its bar."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from gradsuite.reporters import words
from gradsuite.reporters.html.drawings import svg
from gradsuite.results import Step

_LEFT, _RIGHT, _TOP, _BOTTOM = 46.0, 8.0, 22.0, 32.0
_WIDTH, _HEIGHT = 400.0, 224.0
_DECADES = 24  # what is smaller than the largest by more than this is drawn at the foot
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class _Axis:
    """Decades from ``low`` to ``high``, drawn from ``start`` to ``end`` in pixels."""

    low: int
    high: int
    start: float
    end: float

    @classmethod
    def over(cls, values: Sequence[float], start: float, end: float) -> _Axis:
        logs = [math.log10(value) for value in values if value > 0] or [0.0]
        high = math.ceil(max(logs) + 0.15)
        low = max(math.floor(min(logs)), high - _DECADES)
        return cls(min(low, high - 1), high, start, end)

    def at(self, value: float) -> float:
        log = math.log10(value) if value > 0 else self.low
        share = (min(max(log, self.low), self.high) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self) -> range:
        return range(self.low, self.high + 1, max(1, (self.high - self.low) // 5))


def draw(steps: Sequence[Step]) -> Markup:
    """Nothing where fewer than two steps are finite."""
    shown = [s for s in steps if all(map(math.isfinite, (s.size, s.error, s.bar))) and s.size > 0]
    if len(shown) < 2:
        return Markup("")
    shown.sort(key=lambda step: step.size)
    x = _Axis.over([s.size for s in shown], _LEFT, _WIDTH - _RIGHT)
    heights = [abs(s.error) + s.bar for s in shown] + [abs(s.error) for s in shown] + [s.bar for s in shown]
    y = _Axis.over(heights, _HEIGHT - _BOTTOM, _TOP)
    points = [(x.at(s.size), y.at(abs(s.error))) for s in shown]
    line = "M" + "L".join(f"{svg.short(a)} {svg.short(b)}" for a, b in points)
    parts = [*_grid(x, y), svg.path(_bars(shown, x, y), "whisker"), svg.path(_limits(shown, x, y), "limit")]
    parts += [svg.path(line, "curve"), *map(_dot, points), *_labels(y.at(shown[-1].bar))]
    return svg.figure(_WIDTH, _HEIGHT, parts, title=_spoken(shown[0]), css="steps")


def _grid(x: _Axis, y: _Axis) -> list[Markup]:
    vertical = "".join(f"M{svg.short(x.at(10.0**t))} {_TOP:g}V{_HEIGHT - _BOTTOM:g}" for t in x.ticks())
    level = "".join(f"M{_LEFT:g} {svg.short(y.at(10.0**t))}H{_WIDTH - _RIGHT:g}" for t in y.ticks())
    below = [svg.text(x.at(10.0**t), _HEIGHT - _BOTTOM + 13, _power(t), anchor="middle") for t in x.ticks()]
    beside = [svg.text(_LEFT - 5, y.at(10.0**t) + 4, _power(t), anchor="end") for t in y.ticks()]
    return [svg.path(vertical + level, "grid"), *below, *beside]


def _power(exponent: int) -> str:
    return "1" if exponent == 0 else "10" + str(exponent).translate(_SUPERSCRIPT)


def _bars(steps: Sequence[Step], x: _Axis, y: _Axis) -> str:
    return "".join(
        f"M{svg.short(x.at(s.size))} {svg.short(y.at(abs(s.error) - s.bar))}V{svg.short(y.at(abs(s.error) + s.bar))}"
        for s in steps
    )


def _limits(steps: Sequence[Step], x: _Axis, y: _Axis) -> str:
    """The bar itself: an error below this line is no disagreement."""
    return "M" + "L".join(f"{svg.short(x.at(s.size))} {svg.short(y.at(s.bar))}" for s in steps)


def _dot(point: tuple[float, float]) -> Markup:
    return Markup('<circle class="dot" cx="{}" cy="{}" r="3.5"/>').format(*map(svg.short, point))


def _labels(limit: float) -> list[Markup]:
    right = _WIDTH - _RIGHT
    return [
        svg.text(right, _HEIGHT - 4, "step size", anchor="end"),
        svg.text(4, 12, "distance from reverse mode"),
        svg.text(right, limit - 5, "bar", anchor="end"),
    ]


def _spoken(smallest: Step) -> str:
    size, error, bar = map(words.number, (smallest.size, abs(smallest.error), smallest.bar))
    return f"error against step size: at the smallest step, {size}, the error is {error} and its bar {bar}"

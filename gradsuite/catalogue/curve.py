"""The graph of a function of one number, and of its slope: solid and broken, evaluated from the declared formulas."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from gradsuite.catalogue.evaluated import Lone
from gradsuite.reporters.html.drawings import svg
from gradsuite.spec import domains
from gradsuite.spec.definition import Definition, Form

_REACH, _STEPS = 4, 32  # from -4 to 4, and so many points to one: every point is a number that floats hold
_WIDTH, _HEIGHT, _MARGIN = 420.0, 240.0, 14.0
_HIGHEST = 4.0


def draw(definition: Definition) -> Markup:
    """Nothing where the op is not a function of one number that can be drawn between -4 and 4."""
    lone = Lone.of(definition)
    if lone is None or definition.derivative[lone.name].form not in (Form.ELEMENTWISE, Form.RESHUFFLE):
        return Markup("")
    x = _points(definition, lone.name)
    found = lone.at(x, np.ones((1, len(x)))) if len(x) > _STEPS else None
    if found is None or any(each.shape != x.shape or each.dtype.kind != "f" for each in (found[0], *found[1])):
        return Markup("")
    return _figure(x.tolist(), found[0].tolist(), found[1][0].tolist())


def _points(definition: Definition, name: str) -> np.ndarray:
    """The points within the domain."""
    x = np.arange(-_REACH * _STEPS, _REACH * _STEPS + 1) / _STEPS
    domain = definition.inputs[name].domain
    kind = domains.get(domain.name)
    if kind.kind != "real" or domain.parameters or kind.shape:
        return x[:0]
    inside: np.ndarray = x[kind.holds(x)]
    return inside


def _figure(x: Sequence[float], value: Sequence[float], slope: Sequence[float]) -> Markup:
    shown = [each for each in (*value, *slope) if math.isfinite(each) and abs(each) <= _HIGHEST] or [0.0]
    low, high = math.floor(min(*shown, 0.0)), max(math.ceil(max(shown)), 1)
    across = (_WIDTH - 2 * _MARGIN) / (2 * _REACH)
    up = (_HEIGHT - 2 * _MARGIN) / (high - low)

    def place(a: float, b: float) -> str:
        return f"{svg.short(_MARGIN + (a + _REACH) * across)} {svg.short(_MARGIN + (high - b) * up)}"

    def curve(heights: Sequence[float]) -> str:
        runs = _runs([h if low - 0.2 <= h <= high + 0.2 else math.nan for h in heights])
        return "".join("M" + "L".join(place(x[k], heights[k]) for k in run) for run in runs if len(run) > 1)

    axes = f"M{place(-_REACH, 0)}L{place(_REACH, 0)}M{place(0, low)}L{place(0, high)}"
    ticks = [_tick(place(at, 0), at, "below") for at in (-4, -2, 2, 4)]
    ticks += [_tick(place(0, at), at, "beside") for at in range(low, high + 1) if at]
    parts = [svg.path(axes, "axis"), *ticks, svg.path(curve(slope), "slope"), svg.path(curve(value), "value")]
    return svg.figure(_WIDTH, _HEIGHT, parts, title="the value as a solid line, its slope as a broken one", css="curve")


def _tick(place: str, at: int, where: str) -> Markup:
    a, b = map(float, place.split())
    label = str(at).replace("-", "−")
    return svg.text(a, b + 13, label, anchor="middle") if where == "below" else svg.text(a - 5, b + 4, label, "", "end")


def _runs(heights: Sequence[float]) -> list[list[int]]:
    """The stretches over which a curve is one line: it is cut where it is not drawn, and where it jumps."""
    runs: list[list[int]] = [[]]
    for k, height in enumerate(heights):
        if k and (math.isnan(height) or _jumps(heights, k)):
            runs.append([])
        if not math.isnan(height):
            runs[-1].append(k)
    return runs


def _jumps(heights: Sequence[float], k: int) -> bool:
    """Whether the step to ``k`` is no continuation of the steps before and after it."""
    before = heights[k - 1] - heights[k - 2] if k > 1 else 0.0
    after = heights[k + 1] - heights[k] if k + 1 < len(heights) else 0.0
    return abs(heights[k] - heights[k - 1]) > max(0.04, 4 * abs(before), 4 * abs(after))

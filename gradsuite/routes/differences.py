"""Differences of the op itself: one directional derivative over all inputs and outputs, with its own bar.

The number is d/dh <ct, f(x + h t)> at h = 0 for a signed tangent t over all differentiable inputs and a
signed cotangent ct over all outputs. Four evaluations decide nearly always; only where they leave the bar
too wide, or disagree, a longer tableau follows, whose rounding error is measured at the point.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import torch

from gradsuite.numerics import settling
from gradsuite.numerics.estimate import NEGLIGIBLE, UNKNOWN, Estimate
from gradsuite.numerics.precision import Format
from gradsuite.numerics.richardson import Row, Tableau, noise_level
from gradsuite.routes.iterations import unfinished
from gradsuite.routes.line import Line
from gradsuite.routes.slope import Slope

FIRST = (2.0**-10, 2.0**-11)  # truncation and rounding meet near 2**-42 for a smooth function
# From room.REACH to what float32 resolves: an op that computes in float32 inside is a staircase below.
STEPS = 2.0 ** -np.arange(2.0, 23.0)
# No power of two, and not exact: an oscillation that hides between the steps shows here, and what the op makes of an
# argument's last bit.
NOISE_STEP = 2.0**-22.5
KNOWN = 2.0**-17  # of the outputs' size: rounding them to a narrow dtype is no strange noise, even if it hides a slope
SHARP = 2.0**-20  # the widest relative bar with which four evaluations may agree to anything
SIDES = (1.0, -1.0)
BESIDE = 2.0**-6  # where to look how large the outputs are that are zero here
APART = 2.0**-20  # of the outputs' size: less is noise
EPS = Format.of(torch.float64).unit


def secant(line: Line, step: float) -> Estimate:
    """One central difference; its bar is that of rounding alone."""
    with torch.no_grad(), np.errstate(all="ignore"):
        return _secant(line, step)


def _secant(line: Line, step: float) -> Estimate:
    return _between(line, step, line.row(step), line.row(-step))


def _between(line: Line, step: float, right: Row, left: Row) -> Estimate:
    rounding = float((np.abs(right) + np.abs(left)) @ line.units) / 2 + line.blur
    return Estimate(float((right - left) @ line.weights) / (2 * step), rounding / step)


def quick(line: Line) -> Slope:
    """Two central differences and their extrapolation, for a verdict of agreement alone.

    The bar takes the op to round its result well, and the next term of the error series to be about the square of the
    last one, relative to the slope or to sum |ct| |f|: four times that, for it may be somewhat more, and no less than
    what is negligible, with a correction that is negligible itself: it may be of the next term, where terms cancel.
    So it sees mistakes far below what two steps can prove; where it is too narrow, agreement fails, and ``thorough``
    decides with a bar that was earned. So it does where the bar is wide (SHARP), the slope unknown.
    """
    with torch.no_grad(), np.errstate(all="ignore"):
        ends = [(line.row(step), line.row(-step)) for step in FIRST]
        coarse, fine = (_between(line, step, *end) for step, end in zip(FIRST, ends, strict=True))
        if _stands_apart(line, ends, size=fine.bar * FIRST[1] / EPS):
            return Slope(UNKNOWN, FIRST, (coarse.value, fine.value))
    correction = (fine.value - coarse.value) / 3
    value, size = fine.value + correction, fine.bar * FIRST[1] / EPS
    scale = max(abs(value), size)
    expected = 10 / 3 * max(coarse.bar, fine.bar) + (16 * correction * correction / scale if scale else 0.0)
    least = NEGLIGIBLE * scale
    bar = max(4 * expected, least + min(abs(correction), least))
    known = Estimate(value, bar) if bar <= SHARP * scale else UNKNOWN
    return Slope(known, FIRST, (coarse.value, fine.value))


def _stands_apart(line: Line, ends: Sequence[tuple[Row, Row]], size: float) -> bool:
    """Whether the values at the point are not what those on both sides of it tend to.

    A smooth function's bend is a quarter at half the step, and that of a kink a half.
    """
    here, weights = line.here, np.abs(line.weights)
    coarse, fine = (float(np.abs(right + left - 2 * here) @ weights) for right, left in ends)
    return fine > 0.75 * coarse and fine > APART * size


def thorough(line: Line) -> Slope:
    """The central slope, else the one-sided ones, from the steps on the near side of any jump, kink or pole."""
    with torch.no_grad(), np.errstate(all="ignore"):
        walk = _Walk(line)
        (right, roundings_right), (left, roundings_left) = (walk.along((side * STEPS).tolist()) for side in SIDES)
        noises = [walk.noise(side) for side in SIDES]
        slopes, bends = (right - left) / (2 * STEPS), (right + left) / STEPS
        tableau = Tableau(slopes, (roundings_right + roundings_left) / (2 * STEPS), 1 / STEPS, base=4)
        needed = settling.central(slopes, bends, STEPS)
        central = settling.limit(tableau, needed, measured=min(noises), size=_to_explain(walk.size, right, left))
        found = Slope(central, tuple(STEPS.tolist()), tuple(slopes.tolist()), noise=min(noises))
        if found.smooth:
            return found
        sides = zip((right, -left), (roundings_right, roundings_left), noises, strict=True)
        ends = [_one_sided(rise / STEPS, rounded / STEPS, noise, walk.size) for rise, rounded, noise in sides]
    return replace(found, right=ends[0], left=ends[1])


class _Walk:
    """What <ct, f> rises by from the point on, and how large the outputs are that move at all, here or beside."""

    def __init__(self, line: Line) -> None:
        self._line, self._here = line, line.here
        rounding = float(np.abs(self._here) @ line.units)
        self._unfinished = unfinished(line)
        self._rounding = rounding + line.blur + self._unfinished
        ends = [line.row(side * BESIDE) for side in SIDES]
        weights = np.abs(line.weights) * np.any([end != self._here for end in ends], axis=0)
        here, right, left = (float(np.abs(row) @ weights) for row in (self._here, *ends))
        self.size = max(here, float(np.fmax(right, left)), rounding / KNOWN)

    def along(self, steps: Sequence[float]) -> tuple[Row, Row]:
        """The rise at each step, and what rounding the outputs costs it."""
        rows = [self._line.row(step) for step in steps]
        rises = [(row - self._here) @ self._line.weights for row in rows]
        roundings = [float(np.abs(row) @ self._line.units) + self._line.blur + self._rounding for row in rows]
        return np.array(rises), np.array(roundings)

    def noise(self, side: float) -> float:
        """Three standard deviations of the op's own rounding error on one side: a kink or a jump here is no noise."""
        rises, _ = self.along([side * k * NOISE_STEP for k in range(1, 9)])
        measured = 3 * noise_level([0.0, *rises.tolist()]) if np.isfinite(rises).all() else 0.0
        return max(measured, self._unfinished)


def _to_explain(size: float, *rises: Row) -> float:
    """The size beside which noise must be small; where nothing moves, there is no noise to be explained."""
    return size if any(rise.any() for rise in rises) else math.inf


def _one_sided(slopes: Row, rounded: Row, noise: float, size: float) -> Estimate | None:
    """The limit of the slopes on one side; None where the op has no values there."""
    if not np.isfinite(slopes[-settling.FEWEST :]).any():
        return None
    if settling.diverges(slopes, STEPS):
        return Estimate(math.copysign(math.inf, slopes[-1]), 0.0)
    tableau = Tableau(slopes, rounded, 2 / STEPS, base=2)
    return settling.limit(tableau, settling.one_sided(slopes, STEPS), measured=noise, size=_to_explain(size, slopes))


def cancelled(line: Line) -> float:
    """By how much further the subgradients of the sum <ct, f> reach where kinks of single outputs cancel in it.

    That is half the bends of the outputs at zero, added up, less the bend of the sum. A smooth function's bend halves
    with the step: a kink is what is left of twice the next bend less the last.
    """
    with torch.no_grad(), np.errstate(all="ignore"):
        here, ends = line.here, ((line.row(step), line.row(-step)) for step in STEPS)
        bends = (
            (right - here - (here - left)) / step * line.weights
            for (right, left), step in zip(ends, STEPS, strict=True)
        )
        single, together = math.inf, math.inf
        for coarse, fine in pairwise(bends):
            single = np.fmin(single, abs(2 * fine - coarse))
            together = min(together, abs(float((2 * fine - coarse).sum())))
        return max(0.0, float(np.nansum(single)) - together) / 2

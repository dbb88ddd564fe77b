"""Differences that know their own error: Richardson extrapolation with bars.

Central differences have an error series in even powers of the step, so halving the step and combining
T[i][j] = T[i][j-1] + (T[i][j-1] - T[i-1][j-1]) / (4**j - 1) removes one power after the other (Richardson
1911; Ridders 1982 for choosing the entry). One-sided differences have all powers: base 2 in place of 4.
The bar of an entry is its distance to the entries that it was made from, which bounds the error of a
convergent tableau from above, plus the rounding error of the function carried through the same weights. Slopes that
do not settle as the step shrinks (a pole lies within the larger steps) make no convergent tableau, and no bar.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import comb, inf, isfinite, sqrt

from gradsuite.numerics.estimate import Estimate


def extrapolate(slopes: Sequence[float], roundings: Sequence[float], *, base: int = 4) -> Estimate:
    """The best entry of the tableau of ``slopes``, taken at steps each half the one before.

    ``roundings`` bounds each slope's rounding error; ``base`` is 4 for central, 2 for one-sided slopes.
    """
    best = Estimate(slopes[-1], inf)
    above: list[Estimate] = []
    for slope, rounding in zip(slopes, roundings, strict=True):
        row = [Estimate(slope, rounding)]
        for j, upper in enumerate(above, start=1):
            left, weight = row[-1], base**j - 1
            value = left.value + (left.value - upper.value) / weight
            carried = ((weight + 1) * left.bar + upper.bar) / weight
            apart = max(abs(value - left.value), abs(value - upper.value))
            if apart + carried < best.bar:
                best = Estimate(value, apart + carried)
            row.append(Estimate(value, carried))
        above = row
    return best if isfinite(best.value) else Estimate(best.value, inf)


def settled(best: Estimate, slopes: Sequence[float], roundings: Sequence[float]) -> bool:
    """Whether the slopes change less and less as the step shrinks, and end near ``best``, but for rounding."""
    if len(slopes) < 3:
        return True
    earlier, before, last = slopes[-3:]
    change, rounding = abs(last - before), sum(roundings[-3:])
    return change <= abs(before - earlier) + rounding and abs(best.value - last) <= change + best.bar + rounding


def noise_level(values: Sequence[float]) -> float:
    """The standard deviation of the rounding error in ``values`` of a function at equally spaced points.

    High differences kill the smooth part and keep the noise, amplified by a known factor (Hamming 1971;
    Moré and Wild 2011, Estimating computational noise): sigma_k**2 = k!**2 / (2k)! times the mean square
    k-th difference. The largest of the upper levels is taken.
    """
    level, worst, row = 0, 0.0, list(values)
    while len(row) > 1:
        row = [right - left for left, right in pairwise(row)]
        level += 1
        if 2 * level >= len(values) and row:
            worst = max(worst, sqrt(sum(d * d for d in row) / len(row) / comb(2 * level, level)))
    return worst

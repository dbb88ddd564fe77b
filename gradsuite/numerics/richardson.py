"""Differences that know their own error: Richardson extrapolation with bars.

Central differences have an error series in even powers of the step, so halving the step and combining
T[i][j] = T[i][j-1] + (T[i][j-1] - T[i-1][j-1]) / (4**j - 1) removes one power after the other (Richardson
1911; Ridders 1982 for choosing the entry). One-sided differences have all powers: base 2 in place of 4.
The bar of an entry is its distance to the entries that it was made from, which bounds the error of a
convergent tableau from above, plus the rounding error of the function carried through the same weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from math import comb, hypot, sqrt

import numpy as np

from gradsuite.numerics.estimate import Estimate

Row = np.ndarray  # one number a step, each step half the one before
LARGEST, SPACING = np.finfo(np.float64).max, np.finfo(np.float64).eps
ORDERS = 7  # powers that are removed: beyond them rounding is all that is left


@dataclass(frozen=True)
class Scheme:
    """The entries of a tableau as fixed sums of its slopes: ``weights`` has a row an entry and a column a slope.

    Entries stand in the order of the first slope that they are made of, the last first. ``left`` and ``upper`` are the
    weights of an entry less those of the two entries that it was made from, ``sizes`` the weights' magnitudes.
    """

    weights: np.ndarray
    left: np.ndarray
    upper: np.ndarray
    sizes: np.ndarray
    first: Row

    @classmethod
    @cache
    def of(cls, count: int, base: int) -> Scheme:
        """The scheme for ``count`` slopes; ``base`` is 4 for central, 2 for one-sided differences."""
        columns = [np.eye(count)]
        for order in range(1, min(ORDERS, count - 1) + 1):
            last, weight = columns[-1], base**order - 1
            columns.append(last[1:] + (last[1:] - last[:-1]) / weight)
        entries = [
            (row, column[row], column[row] - before[row + 1], column[row] - before[row])
            for before, column in pairwise(columns)
            for row in range(len(column))
        ]
        ordered = sorted(entries, key=lambda entry: -entry[0])
        first, weights, left, upper = map(np.array, zip(*ordered, strict=True))
        return cls(weights, left, upper, abs(weights), first)


class Tableau:
    """Extrapolated slopes, and what bounds the error of each."""

    def __init__(self, slopes: Row, rounded: Row, per_noise: Row, *, base: int) -> None:
        """``rounded`` bounds each slope's rounding error, ``per_noise`` is that of one unit of noise in each value.

        A slope that is not finite spoils the entries made of it, which ``best`` must then leave out.
        """
        scheme = Scheme.of(len(slopes), base)
        known = np.isfinite(slopes)
        self.slopes = np.where(known, slopes, 0.0)
        rounded = np.where(known, np.minimum(rounded, LARGEST), 0.0)
        self._values, self._first = scheme.weights @ self.slopes, scheme.first
        apart = np.maximum(abs(scheme.left @ self.slopes), abs(scheme.upper @ self.slopes))
        self._bars = apart + scheme.sizes @ (rounded + SPACING * abs(self.slopes))  # sums of slopes are rounded
        self._per_noise = scheme.sizes @ per_noise
        self._alone = rounded, per_noise

    def best(self, start: int, noise: float) -> Estimate:
        """The entry with the narrowest bar among those made of slopes from ``start`` on, under ``noise``."""
        count = int(np.searchsorted(-self._first, -start, side="right"))
        bars = self._bars[:count] + noise * self._per_noise[:count]
        place = int(bars.argmin())
        return Estimate(float(self._values[place]), float(bars[place]))

    def last(self, count: int, noise: float) -> list[Estimate]:
        """The last ``count`` slopes on their own, which err by twice their last change at most, and by rounding."""
        rounded, per_noise = (errors[-count:] for errors in self._alone)
        bars = 2 * abs(np.diff(self.slopes[-count - 1 :])) + rounded + noise * per_noise
        return [Estimate(*each) for each in zip(self.slopes[-count:].tolist(), bars.tolist(), strict=True)]


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
            worst = max(worst, hypot(*row) / sqrt(len(row) * comb(2 * level, level)))
    return worst

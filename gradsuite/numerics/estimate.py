"""A number with its bar, and what two such numbers say of each other."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from enum import StrEnum

# The smallest relative mistake that a comparison must be able to see before it may count as agreement.
RESOLUTION = 2.0**-10
# The largest relative mistake of which differences accuse nobody. It lies far below all that anybody has got wrong (a
# constant of float32 is off by 2**-25), and above what a bar may be short by where rounding goes in steps.
NEGLIGIBLE = 2.0**-37
NOTHING = sys.float_info.min  # the smallest normal number: a bar below it is that of a zero


def apart(left: float, right: float) -> tuple[str, str]:
    """Two numbers in as many digits, nine at least, as show that they are two."""
    for digits in (9, 13, 17):
        told = f"{left:.{digits}g}", f"{right:.{digits}g}"
        if told[0] != told[1]:
            break
    return told


class Agreement(StrEnum):
    """Three-valued: a bar too wide to decide is never a pass."""

    AGREE = "agree"
    DISAGREE = "disagree"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True)
class Estimate:
    """``value`` is known to within ``bar`` (both floats; an infinite bar knows nothing)."""

    value: float
    bar: float

    @property
    def low(self) -> float:
        """The least that it may be."""
        return self.value - self.bar

    @property
    def high(self) -> float:
        """The most that it may be."""
        return self.value + self.bar

    def compare(
        self, other: Estimate, *, scale: float, resolution: float = RESOLUTION, negligible: float = NEGLIGIBLE
    ) -> Agreement:
        """Whether two estimates of the same number agree; ``scale`` is the number's natural magnitude.

        They agree only where the bars are narrow enough to have seen a mistake of ``resolution`` times the scale, and
        disagree only where they are further apart than ``negligible`` times the scale, too.
        """
        apart, allowed = abs(self.value - other.value), self.bar + other.bar
        if math.isnan(apart) or math.isnan(allowed) or math.isinf(allowed):
            return Agreement.INCONCLUSIVE
        if apart > max(allowed, negligible * scale):
            return Agreement.DISAGREE
        return Agreement.AGREE if allowed <= max(resolution * scale, NOTHING) else Agreement.INCONCLUSIVE

    def agrees(self, other: Estimate) -> bool:
        """Whether the bars overlap, however wide they are."""
        return abs(self.value - other.value) <= self.bar + other.bar


UNKNOWN = Estimate(math.nan, math.inf)

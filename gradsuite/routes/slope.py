"""What differences say of one number: the derivative, or how the two sides behave where there may be none."""

from __future__ import annotations

import math
from dataclasses import dataclass

from gradsuite.numerics.estimate import NEGLIGIBLE, NOTHING, UNKNOWN, Agreement, Estimate


@dataclass(frozen=True)
class Slope:
    """The central slope, and the one-sided ones for where it is not known.

    A side is None where the op has no values there. Its value is infinite where the slopes grow without end although
    the op is continuous, and NaN where they neither settle nor do that. ``noise`` is that of one value, as measured.
    """

    central: Estimate
    steps: tuple[float, ...]
    slopes: tuple[float, ...]
    left: Estimate | None = UNKNOWN
    right: Estimate | None = UNKNOWN
    noise: float = 0.0

    @property
    def flat(self) -> bool:
        """Whether nothing moves at the smaller half of the steps."""
        return not any(self.slopes[len(self.slopes) // 2 :])

    @property
    def sides(self) -> tuple[Estimate, ...]:
        """The one-sided slopes where the op has values: two inside its domain, one at its end."""
        return tuple(side for side in (self.left, self.right) if side is not None)

    @property
    def smooth(self) -> bool:
        """Whether there is a derivative."""
        return math.isfinite(self.central.bar)

    @property
    def hull(self) -> Estimate:
        """The numbers that count as a derivative: the central slope, else from one side's slope to the other's."""
        if self.smooth:
            return self.central
        sides = self.sides
        if not sides or not all(math.isfinite(side.value) for side in sides):
            return UNKNOWN
        low, high = (choose(side.value for side in sides) for choose in (min, max))
        return Estimate((low + high) / 2, (high - low) / 2 + sum(side.bar for side in sides))

    @property
    def bar(self) -> float:
        """How far the hull's ends are uncertain."""
        return self.central.bar if self.smooth else sum(side.bar for side in self.sides)

    def judge(self, claim: Estimate, *, scale: float, resolution: float, whole: float = 0.0) -> Agreement:
        """Whether ``claim`` is a derivative or, on a kink, a subgradient. The rest is as in ``Estimate.compare``.

        ``whole``: the magnitude of the slope that this is a part of, beside which it may be negligible.
        """
        if not math.isfinite(claim.value):
            return self._not_finite(claim.value, scale=scale, resolution=resolution)
        if not math.isfinite(claim.bar + self.hull.bar):
            return Agreement.INCONCLUSIVE
        if not Estimate(self.hull.value, max(self.hull.bar, NEGLIGIBLE * max(scale, whole))).agrees(claim):
            return Agreement.DISAGREE
        allowed = self.bar + claim.bar
        return Agreement.AGREE if allowed <= max(resolution * scale, NOTHING) else Agreement.INCONCLUSIVE

    def _not_finite(self, value: float, *, scale: float, resolution: float) -> Agreement:
        """An infinity is right where a side grows to it. NaN is wrong wherever a number, known as such, would be right.

        Between sides that grow to opposite infinities (a cusp) every finite number is a subgradient.
        """
        ends = {side.value for side in self.sides}
        if value in ends:
            return Agreement.AGREE
        known = all(side.bar <= resolution * max(abs(side.value), scale) for side in self.sides)
        cusp = ends == {-math.inf, math.inf}
        told = self.smooth or (bool(ends) and known and (cusp or all(map(math.isfinite, ends))))
        return Agreement.DISAGREE if told else Agreement.INCONCLUSIVE

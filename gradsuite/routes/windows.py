"""Differences at an unusual scale: steps of the size of x, and steps of the size of 1.

Which of them tells more depends on the op. A norm or a logarithm varies over lengths of the size of x; steps of the
size of 1 beside a tiny x cross what they should resolve, and their slopes do not settle. A sigmoid varies over lengths
of the size of 1; in steps of the size of a tiny x it is a constant plus its own rounding, and in steps of the size of a
huge one a sine is noise. Both kinds lie on one line: where both settle they must say the same, and then nothing lies
hidden between them. Where they do not, the shorter steps are to be believed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property

import torch

from gradsuite.numerics.estimate import Agreement, Estimate
from gradsuite.numerics.precision import inner, widen
from gradsuite.routes import differences
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.line import Line
from gradsuite.routes.natural import CONFIDENCE, Natural


class Windows:
    """The reverse slope of the inputs ``names`` alone, which are larger by 10**power than usual, in float64."""

    def __init__(self, evidence: Evidence, names: Sequence[str], power: int) -> None:
        self._evidence, self._names = evidence, names
        self._tangents = {name: evidence.point.tangents[name] for name in names}
        self._unit = 2.0 ** -round(power * math.log2(10))  # makes steps of the size of x steps of the size of 1

    @property
    def agreement(self) -> Agreement:
        """What differences say of the gradient: four evaluations of either kind, and many where those do not agree."""
        own = self._quick(1.0)
        unit = None if (own is Agreement.AGREE and self._unit <= 1) or not self._is_free else self._quick(self._unit)
        if Agreement.AGREE in (own, unit) and Agreement.DISAGREE not in (own, unit):
            return Agreement.AGREE
        glimpsed = self._judged(self._evidence.glimpse)  # one run of stochastic arithmetic: narrower bars, and cheap
        return glimpsed if glimpsed is Agreement.AGREE else self._judged(self._evidence.natural)

    def _judged(self, natural: Natural) -> Agreement:
        slope = self._slope(natural)
        if slope is None:
            return Agreement.INCONCLUSIVE
        return self._claim(natural).compare(slope, scale=self._scale, resolution=self._evidence.resolution)

    @cached_property
    def _is_free(self) -> bool:
        """Whether steps of the size of 1 stay within the domain, and off every declared kink."""
        definition = self._evidence.subject.definition
        if self._unit <= 1 or definition is None:
            return self._unit != 1
        return not definition.kinks and all(definition.inputs[name].domain.name == "real" for name in self._names)

    @cached_property
    def _value(self) -> float:
        """<t, g>."""
        return sum(inner(widen(self._evidence.gradients[name]), t).item() for name, t in self._tangents.items())

    @cached_property
    def _scale(self) -> float:
        """sum |t| |g|."""
        return self._summed({name: self._evidence.gradients[name].abs() for name in self._names})

    def _summed(self, sizes: dict[str, torch.Tensor]) -> float:
        return sum((widen(sizes[name]) * t.abs()).sum().item() for name, t in self._tangents.items())

    @property
    def claim(self) -> Estimate:
        """<t, g> with the natural error of g."""
        return self._claim(self._evidence.natural)

    def _claim(self, natural: Natural) -> Estimate:
        errors = natural.errors
        return Estimate(self._value, CONFIDENCE * self._summed({n: errors[f"gradient {n}"] for n in self._names}))

    def _line(self, stretch: float, errors: Sequence[torch.Tensor] = ()) -> Line:
        return Line(self._evidence.point, {name: t * stretch for name, t in self._tangents.items()}, errors)

    def _quick(self, stretch: float) -> Agreement | None:
        """The verdict of four evaluations along ``stretch`` times the tangent; None where they resolve nothing."""
        found = differences.quick(self._line(stretch)).central
        if stretch > 1 and not found.bar <= self._evidence.resolution * abs(found.value):
            return None
        rounding = differences.EPS * self._scale * sum(t.numel() for t in self._tangents.values())
        slope = Estimate(found.value / stretch, found.bar / stretch)
        return Estimate(self._value, rounding).compare(slope, scale=self._scale, resolution=self._evidence.resolution)

    @cached_property
    def slope(self) -> Estimate | None:
        """<ct, J t> by long tableaux of either kind; None where the shorter steps do not settle, or both differ."""
        return self._slope(self._evidence.natural)

    def _slope(self, natural: Natural) -> Estimate | None:
        stretches = sorted({1.0, self._unit} if self._is_free else {1.0})
        short, *longer = [self._settled(stretch, natural) for stretch in stretches]
        if short is None or not all(long.agrees(short) for long in longer if long is not None):
            return None
        return min([short, *filter(None, longer)], key=lambda slope: slope.bar)

    def _settled(self, stretch: float, natural: Natural) -> Estimate | None:
        found = differences.thorough(self._line(stretch, self._evidence.output_errors(natural)))
        if not any(found.slopes):  # beside a tiny x even the longest step may be too short for the op to move
            return None
        slope = Estimate(found.central.value / stretch, found.central.bar / stretch)
        return None if not found.smooth or not slope.bar <= self._evidence.resolution * self._scale else slope

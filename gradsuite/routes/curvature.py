"""What is known of one second derivative, <w, H t> = d/dh <t, vjp(x + h w; ct)> at h = 0."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cached_property

import torch

from gradsuite.errors import Unsupported
from gradsuite.numerics.estimate import Agreement, Estimate
from gradsuite.numerics.noise import Noise
from gradsuite.numerics.precision import Format
from gradsuite.routes import differences, formula, promise, second
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.natural import CONFIDENCE, RUNS, Natural, Numbers, natural_error
from gradsuite.routes.point import Point
from gradsuite.routes.second import Tangents
from gradsuite.routes.slope import Slope


def require_range(evidence: Evidence) -> None:
    """Raises Unsupported where |x|**3 or its reciprocal is no normal number of the dtype.

    A second derivative passes through such numbers on its way.
    """
    limit = -math.log(Format.of(evidence.dtype).normal) / 3
    for tensor in evidence.point.wide.tensors.values():
        sizes = torch.zeros(0) if tensor is None else tensor.detach().abs().to(torch.float64)
        if bool((sizes[sizes > 0].log().abs() > limit).any()):
            raise Unsupported("second derivatives at this scale leave the range of the dtype")


def _halves(w: Tangents) -> tuple[Tangents, Tangents]:
    """``w`` at every other entry, and at the rest."""
    halves: tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]] = {}, {}
    place = 0
    for name, t in w.items():
        even = (torch.arange(place, place + t.numel(), device=t.device) % 2 == 0).reshape(t.shape)
        halves[0][name], halves[1][name] = torch.where(even, t, 0), torch.where(even, 0, t)
        place += t.numel()
    return halves


class Curvature:
    """<w, H t> at the evidence's values in float64; each number is computed on first use.

    ``t`` weighs the gradients of some inputs, ``w`` moves some inputs: the point's own two tangents unless given.
    """

    def __init__(self, evidence: Evidence, t: Tangents | None = None, w: Tangents | None = None) -> None:
        self.evidence, self.point = evidence.wide, evidence.point.wide
        self.t = self.point.tangents if t is None else t
        self.w = self.point.second_tangents if w is None else w
        self._joint = t is None and w is None

    @cached_property
    def products(self) -> dict[str, torch.Tensor]:
        """H t for each differentiable input, by reverse mode over reverse mode; raises Unsupported."""
        return promise.products(self.evidence, self.point, self.t)

    @cached_property
    def value(self) -> float:
        """<w, H t> by reverse mode over reverse mode."""
        return second.pairing(self.w, self.products)

    def along(self, w: Tangents) -> Slope:
        """Differences of the gradients, weighed with t, as the inputs move along ``w``; with one-sided slopes."""
        return differences.thorough(second.GradientLine(self.point, self.t, w))

    @cached_property
    def quick(self) -> Slope:
        """Differences of the gradients along w, four evaluations."""
        return differences.quick(second.GradientLine(self.point, self.t, self.w))

    @cached_property
    def thorough(self) -> Slope:
        """Differences of the gradients along w with measured noise and one-sided slopes."""
        return self.along(self.w)

    @cached_property
    def right(self) -> Estimate:
        """What counts as right by differences: one number, or on a kink of the gradient all between the two sides."""
        line = second.GradientLine(self.point, self.t, self.w)
        hull = self.thorough.hull
        return Estimate(hull.value, hull.bar + differences.cancelled(line))

    @cached_property
    def is_additive(self) -> bool:
        """Whether the slopes along both halves of w add up to the slope along w, as those of a derivative do.

        On a kink of the gradient they need not, even where it has the same slope on both sides: of max(x**2, y**2) at
        zero, along every line.
        """
        halves = [self.along(w).hull for w in _halves(self.w)]
        total = Estimate(sum(half.value for half in halves), sum(half.bar for half in halves))
        return not math.isfinite(total.bar) or total.agrees(self.right)

    @cached_property
    def truth(self) -> Estimate | None:
        """<w, H t> by differences of the declared derivative at 400 bits, where there is one."""
        declared = None if self.evidence.is_surrogate or not self._joint else self.evidence.formula
        return None if declared is None or declared.curvature is None else formula.estimate(declared.curvature)

    def natural(self, evidence: Evidence, runs: int = RUNS) -> Natural:
        """The natural error of <w, H t> in the evidence's dtype: seen in the op and in the declared formula."""
        natural = natural_error(evidence.point, self._compute, salt=3, runs=runs)
        definition = self.evidence.subject.definition
        if definition is None or self.truth is None or runs < RUNS:
            return natural
        compute = formula.curvature_as_computation(definition, self.t, self.w)
        declared = natural_error(evidence.point, compute, salt=8)
        errors = torch.fmax(natural.errors["curvature"], declared.errors["curvature"])
        return Natural(natural.values, {"curvature": errors}, declared.overflows)

    def _compute(self, point: Point, cotangents: list[torch.Tensor], noise: Noise | None) -> Numbers:
        products = second.reverse_over_reverse(point, cotangents, self.t)
        return {"curvature": torch.as_tensor(second.pairing(self.w, products), dtype=torch.float64)}

    @staticmethod
    def floor(evidence: Evidence) -> float:
        """CONFIDENCE u sum |ct| |y|: what a double backward adds up and takes away again is of this size."""
        return CONFIDENCE * Format.of(evidence.dtype).unit * evidence.output_scale

    @cached_property
    def bar(self) -> float:
        """CONFIDENCE times the natural error in float64, and the floor."""
        return CONFIDENCE * self.natural(self.evidence).errors["curvature"].item() + self.floor(self.evidence)

    @cached_property
    def rounding(self) -> float:
        """The rounding error of the last sum alone: n u sum |w| |H t| (Higham 2002, section 3.1)."""
        sizes = {name: product.abs() for name, product in self.products.items()}
        count = sum(t.numel() for t in self.w.values())
        return count * differences.EPS * second.pairing({name: w.abs() for name, w in self.w.items()}, sizes)

    def plainly(self, value: float) -> bool:
        """Whether four differences of the gradient, and the declared derivative, already agree with ``value``."""
        scale, resolution = self.evidence.scale, self.evidence.resolution
        claim = Estimate(value, self.rounding)
        first = claim.compare(self.quick.central, scale=scale, resolution=resolution)
        return first is Agreement.AGREE and (self.truth is None or claim.agrees(self.truth))

    def agreement(self, value: float) -> Agreement:
        """What differences of the gradient, and the declared derivative, say of a ``value`` for <w, H t>."""
        if self.plainly(value):
            return Agreement.AGREE
        vote = Estimate(value, self.bar)
        found = {self._by_differences(vote), None if self.truth is None else self._compare(vote, self.truth)}
        if Agreement.DISAGREE in found:
            return Agreement.DISAGREE
        return Agreement.AGREE if Agreement.AGREE in found else Agreement.INCONCLUSIVE

    def _compare(self, vote: Estimate, other: Estimate) -> Agreement:
        return vote.compare(other, scale=self.evidence.scale, resolution=self.evidence.resolution)

    def _by_differences(self, vote: Estimate) -> Agreement:
        """Steps of the size of a huge x may skip what they should resolve: steps of the size of 1 must say so, too."""
        found = self._compare(vote, self.thorough.hull)
        found = self._compare(vote, self.right) if found is Agreement.DISAGREE else found
        largest = max((w.abs().max().item() for w in self.w.values() if w.numel()), default=0.0)
        if found is not Agreement.DISAGREE or largest <= 1:
            return found
        size = 2.0 ** -math.ceil(math.log2(largest))
        short = self.along({name: w * size for name, w in self.w.items()}).central
        stands = self._compare(vote, Estimate(short.value / size, short.bar / size))
        return found if stands is Agreement.DISAGREE else Agreement.INCONCLUSIVE

    def lost(self) -> Iterator[tuple[str, Tangents]]:
        """The first entry of each input at which H t is not finite: its place in words, and w there alone."""
        for name, product in self.products.items():
            entries = (~torch.isfinite(product.abs())).reshape(-1).nonzero()
            if name in self.w and len(entries):
                mask = torch.zeros_like(product).reshape(-1)
                mask[entries[0]] = 1
                yield f"{name}, flat element {int(entries[0])}", {name: self.w[name] * mask.reshape(product.shape)}

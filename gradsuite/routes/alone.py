"""One entry of the gradient alone: wrong only where no size of step and no neighbouring point can make it right.

A derivative, where there is one, is what slopes tend to as the steps shrink; so the entry moves by its tangent first,
and then by less and less, down to what its last bits resolve. Where there is none, what counts as right is Clarke's
generalised gradient (Optimization and Nonsmooth Analysis, 1983, chapter 2): it holds all limits of gradients at
neighbouring points. With three equal numbers the median does not move with any one of them, and yet a third for each
is right; so slopes at points near by have a say, too.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import torch

from gradsuite.numerics import settling
from gradsuite.numerics.estimate import RESOLUTION, UNKNOWN, Agreement, Estimate
from gradsuite.numerics.precision import Format, widen
from gradsuite.routes import graph
from gradsuite.routes.around import unsteady
from gradsuite.routes.differences import cancelled
from gradsuite.routes.line import Line
from gradsuite.routes.natural import CONFIDENCE
from gradsuite.routes.slope import Slope

if TYPE_CHECKING:
    from gradsuite.routes.evidence import Evidence

Entry = tuple[str, int]  # an input, and a flat index into it
Moving = dict[str, torch.Tensor]  # tangents that are zero but for the entries that move

FINER = 20  # binary digits from the largest step to the smallest
HUGE = 2.0**FINER  # a tangent whose smallest step is longer than 1
DOUBLINGS = 6  # from 2**-20 to 2**-640: what lies near zero may lie very near


@dataclass(frozen=True)
class Located:
    """What entries say together, and the first one that is wrong: the gradient there, and what counts as right."""

    agreement: Agreement
    entry: Entry | None = None
    got: Estimate = UNKNOWN
    right: Estimate = UNKNOWN


def claimed(evidence: Evidence, moving: Moving, share: float = 1.0) -> tuple[Estimate, float]:
    """The claim <t, g> over the entries that move, ``share`` of their tangent, with its bar, and its magnitude."""
    value = scale = bar = 0.0
    for name, tangent in moving.items():
        moved, t = tangent != 0, tangent[tangent != 0].cpu()
        products = widen(evidence.gradients[name])[moved].cpu() * t.conj()
        value += products.sum().real.item()
        scale += products.abs().sum().item()
        bar += (evidence.natural.errors[f"gradient {name}"][moved].cpu() * t.abs()).sum().item()
        bar += len(t) * Format.of(torch.float64).unit * scale / CONFIDENCE
    return Estimate(value, CONFIDENCE * bar), scale if 0 < scale < math.inf else evidence.output_scale * share


def alone(evidence: Evidence, entry: Entry, moving: Moving) -> Located:
    """The verdict on one entry, which ``moving`` moves along its tangent; or on all that it moves together with it."""
    found: _Probe | None = None
    accusers: list[_Probe] = []
    settled = False
    for exponent in _exponents(evidence, entry, moving):
        probe = _Probe(evidence, entry, _times(moving, exponent))
        if exponent and probe.slope.flat and (settled or not math.isfinite(probe.claim.value)):
            continue  # the tread of a stair, or less than float64 resolves
        if probe.verdict is Agreement.AGREE and probe.slope.smooth:
            if not accusers or probe.tells(found):
                return Located(probe.verdict)
        elif probe.verdict is not Agreement.INCONCLUSIVE:
            found, accusers = probe, [*accusers, probe] if probe.verdict is Agreement.DISAGREE else []
        elif accusers and probe.clears(found):
            found, accusers = None, []  # an accusation is taken back, an agreement is not
        settled |= probe.slope.smooth
    return Located(Agreement.INCONCLUSIVE) if found is None or _are_excused(accusers) else found.located


def _are_excused(accusers: list[_Probe]) -> bool:
    """Whether the finest step at which neighbouring points can be told apart finds another story there.

    Or else all that accuse meet a kink, where rules of torch's own were composed.
    """
    excuses = (probe.is_excused for probe in reversed(accusers))
    if next((excuse for excuse in excuses if excuse is not None), False):
        return True
    return bool(accusers) and all(probe.is_at_composed_kink for probe in accusers)


def _times(moving: Moving, exponent: int) -> Moving:
    return {name: t * math.ldexp(1.0, exponent) for name, t in moving.items()}


def _told_apart(moves: tuple[str, torch.Tensor]) -> tuple[object, ...]:
    """An input's name, and by how much which of its entries move."""
    name, tangent = moves[0], moves[1].reshape(-1)
    entries = tangent.nonzero()[:, 0]
    return name, *entries.tolist(), *tangent[entries].tolist()


def _length(moving: Moving) -> float:
    """How far all entries move, added up."""
    return sum(t.abs().sum().item() for t in moving.values())


def _exponents(evidence: Evidence, entry: Entry, moving: Moving) -> Iterator[int]:
    """By which powers of two the entry's tangent is made shorter: of the size of x, finer, and of the size of 1.

    At a huge x a period of the op may be a power of two, and then every step of the size of x ends where it began.
    """
    name, i = entry
    length, size = (t.reshape(-1)[i].abs().item() for t in (moving[name], evidence.point.wide.primal(name)))
    own = math.frexp(size)[1] - math.frexp(length)[1]
    shorter = [own, own - FINER] if size else [-FINER * 2**k for k in range(DOUBLINGS)]
    shorter += [-math.frexp(length)[1]] if length > HUGE else []
    yield from [0, *(each for each in shorter if each < 0)] if length else []


class _Probe:
    """One entry, or some together, and one size of step."""

    def __init__(self, evidence: Evidence, entry: Entry, moving: Moving) -> None:
        self._evidence, self._entry, self._moving = evidence, entry, moving
        self.claim, self._scale = claimed(evidence, moving, self._share)
        self._line = Line(evidence.point, moving, evidence.output_errors(evidence.natural))
        self.slope: Slope = evidence.part(self._line, *map(_told_apart, moving.items()))
        self._right = self.slope.hull
        self.verdict = self.slope.judge(
            self.claim, scale=self._scale, resolution=evidence.resolution, whole=evidence.scale * self._share
        )
        if self.verdict is Agreement.DISAGREE and math.isfinite(self.claim.value):
            self._right = Estimate(self._right.value, self._right.bar + cancelled(self._line))
            self.verdict = Agreement.AGREE if self._right.agrees(self.claim) else self.verdict

    def tells(self, longer: _Probe | None) -> bool:
        """Whether the slope is known well enough to tell the claim from what a longer step took for right."""
        if longer is None:
            return True
        gap = abs(longer.claim.value - longer._right.value) - longer._right.bar
        return not math.isfinite(gap) or self._right.bar <= self._ratio(longer) * gap

    def clears(self, longer: _Probe | None) -> bool:
        """Whether the slope is known, if only roughly, and may be what is claimed.

        Where a longer step found both sides of a kink, it must be known well enough to tell the claim from these; and
        so it must where it finds what the longer one did.
        """
        if longer is None or not math.isfinite(self._right.bar) or not self._right.agrees(self.claim):
            return False
        return (longer.slope.smooth and not self._confirms(longer)) or self.tells(longer)

    def _confirms(self, longer: _Probe) -> bool:
        """Whether the slope, however wide its bar, is that of the longer step to its leading digit."""
        expected = self._ratio(longer) * longer._right.value
        return abs(self._right.value - expected) <= settling.PLAUSIBLE * abs(expected)

    def _ratio(self, longer: _Probe) -> float:
        return _length(self._moving) / _length(longer._moving)

    @property
    def is_excused(self) -> bool | None:
        """Whether neighbouring points, or a much longer step from where nothing moves, tell another story.

        None where no slope at a neighbouring point is known well enough.
        """
        right, largest = self.located.right, Format.of(self._evidence.dtype).largest
        if abs(right.value) >= largest or not math.isfinite(self.claim.value):
            return abs(right.value) >= largest
        found = unsteady(self._line, self._sizes, self.claim, self._right, self.slope.noise)
        return found or self._stair or found

    @property
    def is_at_composed_kink(self) -> bool:
        """Whether two finite slopes differ here, and the gradient is what torch's own rules make of several ops."""
        kinked = not self.slope.smooth and math.isfinite(self.slope.hull.bar)
        return kinked and math.isfinite(self.claim.value) and graph.is_composed(self._evidence.point)

    @cached_property
    def _share(self) -> float:
        """How far the entry moves, of its tangent."""
        name, i = self._entry
        moved, tangent = self._moving[name], self._evidence.point.wide.tangents[name]
        return moved.reshape(-1)[i].abs().item() / tangent.reshape(-1)[i].abs().item()

    @property
    def _sizes(self) -> Moving:
        """How large the inputs are; where they are zero, and at this entry, as large as the shortened tangents."""
        point = self._evidence.point.wide
        sizes = {
            n: torch.where(point.primal(n) == 0, t.abs() * self._share, point.primal(n).abs())
            for n, t in point.tangents.items()
        }
        return sizes | {n: torch.where(t != 0, t.abs(), sizes[n]) for n, t in self._moving.items()}

    @property
    def _stair(self) -> bool:
        """Whether a step as long as one finds next to nothing wrong, although one so short does: a tread of a stair."""
        length = _length(self._moving)
        if length >= 1 or not self.claim.value:
            return False
        longer = _Probe(self._evidence, self._entry, _times(self._moving, -math.frexp(length)[1]))
        return longer.slope.smooth and longer.doubt <= RESOLUTION * self.doubt

    @property
    def doubt(self) -> float:
        """How far the claim is from what is right, relative to it."""
        return abs(self._right.value - self.claim.value) / abs(self.claim.value)

    @property
    def located(self) -> Located:
        """The verdict, for a step of one (if complex, in the tangent's direction)."""
        step = sum((t.abs() if t.is_complex() else t).sum().item() for t in self._moving.values())
        got, right = (Estimate(e.value / step, e.bar / abs(step)) for e in (self.claim, self._right))
        return (
            Located(self.verdict, self._entry, got, right)
            if self.verdict is Agreement.DISAGREE
            else Located(self.verdict)
        )

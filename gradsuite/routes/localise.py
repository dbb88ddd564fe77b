"""Which entry is wrong: the tangent is masked and halved until what disagrees stands alone.

A joint probe that disagrees may have met a kink in one entry, where no derivative exists; entry by entry, a kink is
recognised by its one-sided slopes and a gradient between them is right. O(k log N) probes find k entries of N.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from gradsuite.numerics.estimate import Agreement, Estimate
from gradsuite.numerics.precision import Format, widen
from gradsuite.routes import differences
from gradsuite.routes.natural import CONFIDENCE

if TYPE_CHECKING:
    from gradsuite.routes.evidence import Evidence

Entry = tuple[str, int]  # an input, and a flat index into it
MOST = 96  # probes


@dataclass(frozen=True)
class Located:
    """What the entries say together, and the first one that is wrong."""

    agreement: Agreement
    entry: Entry | None = None


def locate(evidence: Evidence, only: str = "") -> Located:
    """Judges the reverse gradient (``only`` that of one input) entry by entry, as far as MOST probes go."""
    moving = {name: t for name, t in evidence.point.tangents.items() if not only or name == only}
    entries = [(name, i) for name, t in moving.items() for i in range(t.numel())]
    return _Search(evidence).judge(entries)


def lost_entry(evidence: Evidence) -> Entry | None:
    """The first entry of the reverse gradient that is not finite."""
    for name, gradient in evidence.gradients.items():
        lost = (~torch.isfinite(gradient)).reshape(-1).nonzero()
        if len(lost):
            return name, int(lost[0])
    return None


def alone(evidence: Evidence, entry: Entry) -> tuple[differences.Slope, float]:
    """The slope of the op as one entry moves along its tangent, and how far that is; 0 where it does not move."""
    tangents = masked(evidence, [entry])
    size = sum(t.abs().sum().item() for t in tangents.values())
    return differences.thorough(differences.Line(evidence.point, tangents)), size


def masked(evidence: Evidence, entries: list[Entry]) -> dict[str, torch.Tensor]:
    """The tangents at ``entries`` alone, zero elsewhere."""
    tangents = evidence.point.wide.tangents
    masks = {name: torch.zeros_like(t).reshape(-1) for name, t in tangents.items()}
    for name, i in entries:
        masks[name][i] = 1
    return {name: t * masks[name].reshape(t.shape) for name, t in tangents.items() if bool(masks[name].any())}


class _Search:
    def __init__(self, evidence: Evidence) -> None:
        self._evidence, self._left = evidence, MOST

    def judge(self, entries: list[Entry]) -> Located:
        if not entries or not self._left:
            return Located(Agreement.INCONCLUSIVE if entries else Agreement.AGREE)
        self._left -= 1
        claim, scale, slope = self._probe(entries)
        verdict = claim.compare(slope.central, scale=scale, resolution=self._evidence.resolution)
        if verdict is Agreement.AGREE:
            return Located(verdict)
        if len(entries) == 1:
            right = slope.kink and slope.between(claim)
            return Located(Agreement.AGREE) if right else Located(verdict, entries[0])
        return self._halves(entries)

    def _halves(self, entries: list[Entry]) -> Located:
        middle = len(entries) // 2
        first = self.judge(entries[:middle])
        if first.agreement is Agreement.DISAGREE:
            return first
        second = self.judge(entries[middle:])
        if second.agreement is Agreement.DISAGREE or first.agreement is Agreement.AGREE:
            return second
        return first

    def _probe(self, entries: list[Entry]) -> tuple[Estimate, float, differences.Slope]:
        """The claim <t, g> over the entries alone with its bar, its magnitude, and the op's own slope."""
        evidence, moving = self._evidence, masked(self._evidence, entries)
        value = scale = bar = 0.0
        for name, tangent in moving.items():
            products = widen(evidence.gradients[name]).cpu() * tangent.cpu().conj()
            value += products.sum().real.item()
            scale += products.abs().sum().item()
            bar += (evidence.natural.errors[f"gradient {name}"].cpu() * tangent.abs().cpu()).sum().item()
        rounding = len(entries) * Format.of(torch.float64).unit * scale
        slope = differences.thorough(differences.Line(evidence.point, moving))
        return Estimate(value, CONFIDENCE * bar + rounding), scale or evidence.output_scale, slope

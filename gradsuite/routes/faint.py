"""Entries of a gradient that are so small beside the others that a joint probe does not see them.

Of what is negligible beside the whole nobody is accused (numerics.estimate): the joint number is not known so well.
But where such entries move outputs that few others move, these outputs can be weighed alone. Beside them the entries
are small no longer, and a tail that a backward has cut off shows.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch

from gradsuite.numerics.estimate import NEGLIGIBLE, Agreement
from gradsuite.numerics.precision import widen
from gradsuite.routes.differences import BESIDE, SIDES, secant
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.line import Line
from gradsuite.routes.natural import CONFIDENCE

MOST = 1024  # entries that are looked at for the one to tell
FINE = 2.0**-16  # the step with which it is told
GROSS = 2.0**-4  # of the slope
LEVELS = 4  # each looks at what is 2**37 times smaller than the last


def faint(evidence: Evidence) -> Iterator[Evidence]:
    """The point with weights on those outputs alone that faint entries move; then on what is faint beside these."""
    for _ in range(LEVELS):
        weights = _of_the_faint(evidence)
        if weights is None:
            return
        evidence = evidence.at(evidence.point.weighted(weights))
        yield evidence


def is_lost(evidence: Evidence) -> bool:
    """Whether the slope of what is faint is another altogether, here and near by.

    At one point alone it may be faint because the op turns there: whether it then climbs or falls is a stair's chance.
    """
    return _is_other(evidence) and _is_other(evidence.at(evidence.point.at(evidence.point.nearby)))


def _is_other(evidence: Evidence) -> bool:
    """Whether the slope is another altogether: so near to what float64 resolves, less proves nothing.

    The op's values may be off by their natural error: a fused kernel that adds 1 and takes it away again makes a stair
    of a tail, whose treads have slopes of their own. So over the longest step that has about this slope, the mistake
    must add up to more.
    """
    slope, claim = evidence.thorough, evidence.reverse_vote
    right = slope.central
    apart = abs(right.value - claim.value) - right.bar - claim.bar
    if not apart > GROSS * max(abs(right.value), abs(claim.value)) or evidence.located.agreement is Agreement.AGREE:
        return False
    like = (h for h, s in zip(slope.steps, slope.slopes, strict=True) if abs(s - right.value) <= abs(right.value) / 4)
    if apart * max(like, default=0.0) <= CONFIDENCE * evidence.blur:
        return False
    return evidence.formula_vote is None or not claim.agrees(evidence.formula_vote)


def lost_entry(evidence: Evidence) -> tuple[str, int, float, float] | None:
    """The entry furthest from its own slope: its input, flat index, gradient and slope; none of a complex input."""
    found, most = None, 0.0
    for name, t in evidence.point.tangents.items():
        for i in range(0 if t.is_complex() else min(t.numel(), MOST)):
            step = torch.where(torch.arange(t.numel()).reshape(t.shape) == i, t, 0)
            got = evidence.gradients[name].reshape(-1)[i].item()
            slope = secant(Line(evidence.point, {name: step}), FINE).value / (step.sum().item() or math.inf)
            if abs(got - slope) > most:
                found, most = (name, i, got, slope), abs(got - slope)
    return found


def _of_the_faint(evidence: Evidence) -> list[torch.Tensor] | None:
    """The cotangents, zero for outputs that no faint entry moves; None where that leaves all or nothing."""
    weights, moved = evidence.point.cotangents, _moved(evidence)
    kept = [torch.where(each, ct, 0) for ct, each in zip(weights, moved, strict=True)]
    counts = [sum(int(ct.count_nonzero()) for ct in cts) for cts in (kept, weights)]
    return kept if 0 < counts[0] < counts[1] else None


def _moved(evidence: Evidence) -> list[torch.Tensor]:
    """Which elements of each output that carries a gradient move with the faint entries."""
    point = evidence.point
    moving = {name: torch.where(_is_faint(evidence, name), t, 0) for name, t in point.tangents.items()}
    here = point.select(point.outputs)
    moved = [torch.zeros_like(output, dtype=torch.bool) for output in here]
    if not any(bool(t.any()) for t in moving.values()):
        return moved
    line = Line(point, moving)
    for side in SIDES:
        try:
            with torch.no_grad():
                there = point.select(point.call(line.shifted(side * BESIDE)))
        except Exception:  # the step has left the op's domain
            continue
        moved = [was | (y != y0) & y.isfinite() for was, y, y0 in zip(moved, there, here, strict=True)]
    return moved


def _is_faint(evidence: Evidence, name: str) -> torch.Tensor:
    shares = widen(evidence.gradients[name]).abs() * evidence.point.tangents[name].abs()
    bar = evidence.quick.central.bar
    return shares < max(NEGLIGIBLE * evidence.scale, bar if math.isfinite(bar) else 0.0)

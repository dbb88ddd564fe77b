"""Which entry is wrong: the tangent is masked and halved until what disagrees stands alone.

A joint probe that does not agree may have met a kink, a jump or a pole in one entry, which hides the others; or two
kinks, whose slopes add up to something else than the gradients that count as right on them. Entry by entry each is
told from the other, and none is accused but one that is wrong alone. O(k log N) probes find k entries of N.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from gradsuite.numerics.estimate import Agreement
from gradsuite.routes.alone import Entry, Located, Moving, alone, claimed
from gradsuite.routes.line import Line

if TYPE_CHECKING:
    from gradsuite.routes.evidence import Evidence

MOST = 96  # probes
GROUPS = 4  # of equal numbers


def locate(evidence: Evidence, only: str = "") -> Located:
    """Judges the reverse gradient (``only`` that of one input) entry by entry; first what is not finite.

    As far as MOST probes go; then equal numbers together.
    """
    finite: list[Entry] = []
    lost: list[Entry] = []
    names = [only] if only else list(evidence.point.tangents)
    for name in names:
        for i, held in enumerate(torch.isfinite(evidence.gradients[name]).reshape(-1).tolist()):
            (finite if held else lost).append((name, i))
    search = _Search(evidence)
    found = _together(
        [*(search.judge([entry]) for entry in lost[:MOST]), search.judge(finite, evidence.quick.central.bar)]
    )
    return found if found.agreement is Agreement.DISAGREE or lost else _alike(evidence, names, found)


def _alike(evidence: Evidence, names: Sequence[str], found: Located) -> Located:
    """``found``, unless entries that are each right alone are wrong together: the largest of two, counted twice.

    Where equal numbers rise by the same, they stay equal: there is no kink between them, and every subgradient says
    the same along that line. So it is for those of one input, and for those of all.
    """
    for group in [*([name] for name in names), *([names] if len(names) > 1 else [])]:
        for moving in _equal(evidence, group):
            name, moved = next(iter(moving.items()))
            told = alone(evidence, (name, int(moved.reshape(-1).nonzero()[0])), moving)
            if told.agreement is Agreement.DISAGREE:
                return replace(told, entry=None)
    return found


def _equal(evidence: Evidence, names: Sequence[str]) -> Iterator[Moving]:
    """For some numbers that occur more than once in ``names``, what moves all their occurrences by the same."""
    point = evidence.point.wide
    free = {n: (x, t) for n in names if (t := point.tangents[n]).any() and not (x := point.primal(n)).is_complex()}
    if not free:
        return
    values, counts = torch.cat([x[t != 0].cpu() for x, t in free.values()]).unique(return_counts=True)
    for value in values[counts > 1][:GROUPS].tolist():
        equal = {n: (x == value) & (t != 0) for n, (x, t) in free.items()}
        held = {n: at for n, at in equal.items() if at.any()}
        size = min(free[n][1].abs()[at].amin().item() for n, at in held.items())
        yield {n: at.to(free[n][1].dtype) * size for n, at in held.items()}


def _together(found: Sequence[Located]) -> Located:
    """The first that disagrees; else one that decides nothing; else agreement."""
    for agreement in (Agreement.DISAGREE, Agreement.INCONCLUSIVE):
        for each in found:
            if each.agreement is agreement:
                return each
    return Located(Agreement.AGREE)


class _Search:
    def __init__(self, evidence: Evidence) -> None:
        self._evidence, self._left = evidence, MOST

    def judge(self, entries: list[Entry], bar_of_whole: float = math.inf) -> Located:
        """What ``entries`` say; all of them and others together have a slope that is known to ``bar_of_whole``."""
        if not entries or not self._left:
            return Located(Agreement.INCONCLUSIVE if entries else Agreement.AGREE)
        self._left -= 1
        evidence, moving = self._evidence, self._masked(entries)
        if len(entries) == 1:
            return alone(evidence, entries[0], moving)
        claim, scale = claimed(evidence, moving)
        slope = evidence.part(Line(evidence.point, moving), *entries)
        verdict = claim.compare(slope.central, scale=scale, resolution=evidence.resolution)
        # Where noise hides a slope, it hides its parts, too; but it is no noise that does not hide the whole.
        hidden = claim.bar <= slope.central.bar <= 2 * bar_of_whole
        if slope.smooth and (verdict is Agreement.AGREE or (verdict is Agreement.INCONCLUSIVE and hidden)):
            return Located(verdict)
        middle, known = len(entries) // 2, min(bar_of_whole, slope.central.bar)
        first = self.judge(entries[:middle], known)
        if first.agreement is Agreement.DISAGREE:
            return first
        return _together([first, self.judge(entries[middle:], known)])

    def _masked(self, entries: list[Entry]) -> Moving:
        """The tangents at ``entries`` alone, zero elsewhere."""
        tangents = self._evidence.point.wide.tangents
        masks = {name: torch.zeros_like(tangents[name]).reshape(-1) for name, _ in entries}
        for name, i in entries:
            masks[name][i] = 1
        return {name: tangents[name] * mask.reshape(tangents[name].shape) for name, mask in masks.items()}

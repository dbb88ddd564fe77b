"""Whether the accuracy of a case moved: its worst error in both runs, compared in bits."""

from __future__ import annotations

import math
from dataclasses import dataclass

from gradsuite.results import Measures


@dataclass(frozen=True)
class Move:
    """The worst error of one case in both runs; ``bits`` of accuracy were lost, or won where they are negative."""

    unit: str
    before: float
    after: float
    bits: float


def moved(before: Measures, after: Measures) -> Move | None:
    """How far the worst error moved, if by a bit or more, that is twofold: less is what other samples make.

    In natural errors where both runs measured those: ULPs of a number that cancels to nothing say little.
    """
    figures = (
        ("natural errors", before.worst_ratio, after.worst_ratio),
        ("ULP", before.worst_ulps, after.worst_ulps),
    )
    for unit, old, new in figures:
        if old is not None and new is not None:
            bits = _log2(new) - _log2(old) if old != new else 0.0
            return Move(unit, old, new, bits) if abs(bits) >= 1 else None
    return None


def _log2(error: float) -> float:
    """Of no error at all it is minus infinity; what is not a number is as far off as can be."""
    if math.isnan(error):
        return math.inf
    return math.log2(error) if error > 0 else -math.inf

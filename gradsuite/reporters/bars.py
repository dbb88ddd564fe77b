"""The calibration of the differences: how often their own bar held the true slope, and how wide it was."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from gradsuite.reporters.merge import Placed


@dataclass(frozen=True)
class Bars:
    """Samples at which a proven formula tells the true slope, those whose bar held it, and the typical relative bar."""

    judged: int
    held: int
    width: float | None

    def __str__(self) -> str:
        share = f" ({self.held / self.judged:.2%})" if self.held < self.judged else ""
        width = "" if self.width is None else f", typically {self.width:.1g} wide"
        return f"{self.held:,} of {self.judged:,}{share}{width}"


def count(placed: Iterable[Placed]) -> Bars | None:
    """Over all cases that measured it; None where none did. The width is the median of the cases' medians."""
    measured = [p.result.measures for p in placed if p.result.measures.bars_judged]
    if not measured:
        return None
    widths = [m.median_bar for m in measured if m.median_bar is not None]
    judged, held = sum(m.bars_judged for m in measured), sum(m.bars_held for m in measured)
    return Bars(judged, held, median(widths) if widths else None)

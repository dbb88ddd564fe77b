"""A row of small columns: how the worst error went, on a logarithmic scale."""

from __future__ import annotations

import math
from collections.abc import Sequence

_COLUMNS = "▁▂▃▄▅▆▇█"
_LOW = -4.0  # bits of the natural error


def heights(errors: Sequence[float | None]) -> list[float | None]:
    """Each error between 0 and 1; None where nothing was measured.

    The scale is logarithmic, and goes from a sixteenth of the natural error to 64 times that, or to the largest error.
    """
    logs = [None if error is None else _log(error) for error in errors]
    high = max([6.0, *(value for value in logs if value is not None)])
    return [None if value is None else (value - _LOW) / (high - _LOW) for value in logs]


def line(errors: Sequence[float | None]) -> str:
    """``▁▁▃█``; a blank where nothing was measured."""
    return "".join(
        " " if height is None else _COLUMNS[round(height * (len(_COLUMNS) - 1))] for height in heights(errors)
    )


def _log(error: float) -> float:
    """Cut off where the scale begins, and at 60 bits."""
    return min(max(math.log2(error) if error > 0 else -math.inf, _LOW), 60.0)

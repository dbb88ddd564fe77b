"""Do the slopes at neighbouring points bear out what the slope at a point says?"""

from __future__ import annotations

from collections.abc import Mapping

import torch

from gradsuite.numerics.estimate import Estimate
from gradsuite.routes.differences import secant
from gradsuite.routes.directions import signed
from gradsuite.routes.line import Line

COUNT = 32  # where three numbers are equal, each of their orders shows in a sixth of them
NEAR, NEARER = 2.0**-20, 14  # the distance of the first, and by how many powers of two the last is nearer
SHARE = 2.0**-4  # of the doubt, relative to the slope: so near, the bend of a smooth function is less


def unsteady(line: Line, sizes: Mapping[str, torch.Tensor], claim: Estimate, right: Estimate, noise: float) -> bool:
    """Whether slopes near by are off what is ``right`` by a quarter as much as ``claim`` is.

    Neighbours lie off by small shares of ``sizes``, in all inputs at once; ``noise`` is that of each value.
    """
    doubt = _off(claim, right) - claim.bar
    near = min(NEAR, SHARE * doubt / max(abs(claim.value), abs(right.value)))
    for k in range(COUNT):
        distance = near * 2.0 ** (-NEARER * k / COUNT)
        keys = ((k, -9, place) for place in range(len(sizes)))
        offsets = {n: distance / 2 * t * signed(t, key) for (n, t), key in zip(sizes.items(), keys, strict=True)}
        step = distance / 8
        slope = secant(line.through(offsets), step)
        if _off(slope, right) > doubt / 4 + slope.bar + noise / step:
            return True
    return False


def _off(slope: Estimate, right: Estimate) -> float:
    """How far ``slope`` lies outside the numbers that are right."""
    return max(right.low - slope.value, slope.value - right.high, 0.0)

"""Do the slopes at neighbouring points bear out what the slope at a point says?"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import torch

from gradsuite.numerics.estimate import Estimate
from gradsuite.routes.differences import secant
from gradsuite.routes.directions import signed
from gradsuite.routes.line import Line

COUNT = 32  # where three numbers are equal, each of their orders shows in a sixth of them
NEAR, NEARER = 2.0**-20, 14  # the distance of the first, and by how many powers of two the last is nearer
SHARE = 2.0**-4  # of the doubt, relative to the slope: so near, the bend of a smooth function is less


def unsteady(
    line: Line, sizes: Mapping[str, torch.Tensor], claim: Estimate, right: Estimate, noise: float
) -> bool | None:
    """Whether slopes near by are off what is ``right`` by a quarter as much as ``claim`` is; None where none is known.

    Neighbours lie off by small shares of ``sizes``, in all inputs at once; ``noise`` is that of each value. One beyond
    a jump tells nothing of this point: where a loss asks whether a label is 1, nearly all have another label. Nor does
    one whose slope tends to what is right as it comes nearer: so does that of a smooth function which bends fast.
    """
    doubt, known = _off(claim, right) - claim.bar, False
    near = min(NEAR, SHARE * doubt / (max(abs(claim.value), abs(right.value)) or math.inf))
    for k in range(COUNT):
        distance = near * 2.0 ** (-NEARER * k / COUNT)
        offsets = {n: distance * t * _scattered(t, k, place) for place, (n, t) in enumerate(sizes.items())}
        step = distance / 8
        slope = _nearby(line, offsets, step, noise)
        off = _off(slope, right)
        if off > doubt / 4 + slope.bar:
            nearer = _nearby(line, {name: t / 16 for name, t in offsets.items()}, step / 16, noise)
            if _off(nearer, right) + nearer.bar > off / 4 and not _jumps(line, offsets, step, noise):
                return True
            continue
        known |= slope.bar <= doubt / 4
    return False if known else None


def _nearby(line: Line, offsets: Mapping[str, torch.Tensor], step: float, noise: float) -> Estimate:
    """The slope at a neighbour, in whose bar ``noise`` has its share."""
    slope = secant(line.through(offsets), step)
    return Estimate(slope.value, slope.bar + noise / step)


def _jumps(line: Line, offsets: Mapping[str, torch.Tensor], step: float, noise: float) -> bool:
    """Whether values at a neighbour and sixteen times nearer are as unlike those at the point: between lies a jump.

    Of outputs that move along the line, here or there.
    """
    there, nearer = line.through(offsets), line.through({name: t / 16 for name, t in offsets.items()})
    here, far, near = line.here, there.here, nearer.here
    moves = (line.row(step) != here) | (there.row(step) != far)
    weights = np.abs(line.weights) * moves
    return float(np.abs(near - here) @ weights) > float(np.abs(far - here) @ weights) / 2 + noise


def _scattered(like: torch.Tensor, k: int, place: int) -> torch.Tensor:
    """Numbers of all sizes below 1, so that entries of about one size come to lie in any order."""
    return (signed(like, (k, -9, place)) + signed(like, (k, -10, place))) / 4


def _off(slope: Estimate, right: Estimate) -> float:
    """How far ``slope`` lies outside the numbers that are right."""
    return max(right.low - slope.value, slope.value - right.high, 0.0)

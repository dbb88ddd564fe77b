"""The numbers of a dtype: the least and the greatest that an open or closed domain holds in it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import torch

from gradsuite.spec.domain import Bounds


@dataclass(frozen=True)
class Grid:
    """Figures of a real dtype: ``digits`` of its significand in bits, its largest and smallest numbers."""

    digits: int
    largest: float
    smallest_normal: float
    smallest: float


@lru_cache
def grid(dtype: torch.dtype) -> Grid:
    """The grid of ``dtype``; of its real part, for a complex dtype."""
    facts = torch.finfo(dtype)
    return Grid(1 - round(math.log2(facts.eps)), facts.max, facts.smallest_normal, facts.smallest_normal * facts.eps)


def real_dtype(dtype: torch.dtype) -> torch.dtype:
    """The dtype of the real part."""
    return dtype.to_real() if dtype.is_complex else dtype


@lru_cache
def within(bounds: Bounds, dtype: torch.dtype) -> tuple[float, float]:
    """The least and the greatest number of ``dtype`` inside ``bounds``: clipped to these, rounding stays inside."""
    low = _nearest_inside(bounds.low, bounds.low_open, dtype, math.inf)
    return low, _nearest_inside(bounds.high, bounds.high_open, dtype, -math.inf)


def _nearest_inside(end: float, is_open: bool, dtype: torch.dtype, inwards: float) -> float:
    if math.isinf(end):
        return end
    rounded = torch.tensor(end, dtype=torch.float64).to(real_dtype(dtype))
    outside = rounded.item() < end if inwards > 0 else rounded.item() > end
    if outside or (is_open and rounded.item() == end):
        rounded = torch.nextafter(rounded, torch.full_like(rounded, inwards))
    return float(rounded.item())

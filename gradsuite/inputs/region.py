"""A domain at one sample: its kind with parameters known, and the plain numbers that lie in it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from gradsuite.inputs import conditions
from gradsuite.spec.definition import Domain
from gradsuite.spec.domain import Bounds, DomainKind
from gradsuite.spec.domains import get

PLAIN = (0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 3.0)  # plainest first


@dataclass(frozen=True)
class Region:
    """A domain with its parameters: ``bounds``, ``holes`` and ``extras`` are values now."""

    kind: DomainKind
    parameters: tuple[Any, ...]
    bounds: Bounds
    holes: tuple[float, ...]
    extras: tuple[float, ...]

    def holds(self, x: Tensor) -> Tensor:
        """Which elements of ``x`` belong. In double precision: a half tensor would round the bounds to its dtype."""
        wide = x.to(torch.complex128 if x.is_complex() else torch.float64)
        return torch.as_tensor(self.kind.holds(wide, *self.parameters))

    def has(self, number: float) -> bool:
        """Whether one finite number lies inside the bounds and in no hole."""
        low, high = self.bounds.low, self.bounds.high
        above = number > low if self.bounds.low_open else number >= low
        below = number < high if self.bounds.high_open else number <= high
        return above and below and number not in self.holes

    @property
    def half(self) -> bool:
        """Whether it ends on one side alone."""
        return math.isfinite(self.bounds.low) != math.isfinite(self.bounds.high)

    @property
    def finite(self) -> bool:
        """Whether it ends on both sides."""
        return math.isfinite(self.bounds.low) and math.isfinite(self.bounds.high)


def region(domain: Domain, scope: Mapping[str, Any]) -> Region:
    """The domain where sizes and arguments are those of ``scope``."""
    return _region(domain.name, conditions.parameters(domain, scope))


@lru_cache
def _region(name: str, parameters: tuple[Any, ...]) -> Region:
    kind = get(name)
    return Region(kind, parameters, kind.bounds(*parameters), kind.holes(*parameters), kind.extras(*parameters))


@lru_cache
def plain_numbers(found: Region) -> tuple[float, ...]:
    """The plain numbers inside, plainest first; never none."""
    return tuple(number for number in PLAIN if found.has(number)) or (_inner(found.bounds),)


@lru_cache
def whole_numbers(found: Region) -> tuple[float, ...]:
    """Up to seven small integers inside, plainest first; plain numbers where it holds none."""
    nearest = min(max(0.0, found.bounds.low), found.bounds.high)
    around = range(math.floor(nearest) - 3, math.floor(nearest) + 8)
    inside = [float(number) for number in around if found.has(number)]
    return tuple(sorted(inside, key=lambda number: (abs(number), number < 0))[:7]) or plain_numbers(found)


def _inner(bounds: Bounds) -> float:
    if math.isinf(bounds.low):
        return math.ceil(bounds.high) - 1.0
    return math.floor(bounds.low) + 1.0 if math.isinf(bounds.high) else (bounds.low + bounds.high) / 2

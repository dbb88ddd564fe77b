"""What a domain is: where the values of an input live, and how far a point lies from where it ends.

No torch: arrays are only asked for operators and methods that NumPy arrays and torch tensors share.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Bounds:
    """An interval of the real line. An open end is not part of it; an infinite end bounds nothing."""

    low: float = -math.inf
    high: float = math.inf
    low_open: bool = False
    high_open: bool = False


def everything(*_: Any) -> Bounds:
    """The whole real line, whatever the parameters."""
    return Bounds()


def nothing(*_: Any) -> tuple[float, ...]:
    """No values, whatever the parameters."""
    return ()


@dataclass(frozen=True)
class DomainKind:
    """One kind of domain; each callable takes the values of ``parameters``, in order.

    For complex values the bounds hold for the real part, and the imaginary part is free: ``positive`` is then
    the right half-plane, where log and sqrt are holomorphic.

    ``holes`` are single points that do not belong; ``extras`` are values that belong although the bounds
    leave them out (an index to ignore); ``shape(x, *parameters)`` moves positive values onto the domain
    where it is not a product of intervals (a simplex); ``member(x)`` says whether all of ``x`` lies on such a domain.
    """

    name: str
    summary: str
    parameters: tuple[str, ...] = ()
    kind: Literal["real", "integer", "boolean"] = "real"
    bounds: Callable[..., Bounds] = everything
    holes: Callable[..., tuple[float, ...]] = nothing
    extras: Callable[..., tuple[float, ...]] = nothing
    shape: Callable[..., Any] | None = None
    member: Callable[[Any], bool] | None = None

    def clearance(self, x: Any, *parameters: Any) -> Any | None:
        """Distance of each element of ``x`` to the nearest point where the domain ends, negative outside.

        A real array of the shape of ``x``, or None where nothing ends (the whole line, integers).
        """
        if self.kind != "real":
            return None
        return _least(_distances(x, self.bounds(*parameters), self.holes(*parameters)))

    def holds(self, x: Any, *parameters: Any) -> Any:
        """Which elements of ``x`` belong, as a boolean array of its shape; NaN belongs nowhere."""
        bounds, real = self.bounds(*parameters), x.real
        above = real > bounds.low if bounds.low_open else real >= bounds.low
        below = real < bounds.high if bounds.high_open else real <= bounds.high
        inside = above & below
        for hole in self.holes(*parameters):
            inside = inside & (x != hole)
        for extra in self.extras(*parameters):
            inside = inside | (x == extra)
        return inside


def _distances(x: Any, bounds: Bounds, holes: tuple[float, ...]) -> list[Any]:
    below = [x.real - bounds.low] if math.isfinite(bounds.low) else []
    above = [bounds.high - x.real] if math.isfinite(bounds.high) else []
    return below + above + [abs(x - hole) for hole in holes]


def _least(distances: list[Any]) -> Any | None:
    """The elementwise minimum; ``clip(max=...)`` is the spelling that NumPy and torch have in common."""
    if not distances:
        return None
    least, *others = distances
    for other in others:
        least = least.clip(max=other)
    return least

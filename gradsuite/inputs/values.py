"""Values of real inputs: three bytes an element, read as a plain number or as a generic one inside the domain.

The bytes are a head and a fraction of 16 bits. A fraction of zero means a plain number, which the head picks:
bytes of zero are the plainest value. With ``noise`` (uniform in [0, 1), an element each) the fraction goes on to all
bits of the dtype, so that ordinary samples round; without it values have few digits.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from gradsuite.inputs.grid import Grid, grid, within
from gradsuite.inputs.region import Region, plain_numbers, whole_numbers

Doubles = np.ndarray[Any, np.dtype[np.float64]]

BYTES = 3  # an element

_SCALE = np.array([2.0, 4.0, 2.0, 1.0, 2.0, 4.0, 1.0, 0.5])
_FLOAT32 = grid(torch.float32)
_EDGE = 1 / 64  # ordinary values keep this far (or this share of an interval) from an end


@dataclass(frozen=True)
class Codes:
    """The bytes of some elements: ``head`` (integers below 256) and ``fraction`` (in [0, 1)), of one length."""

    head: np.ndarray[Any, np.dtype[np.int64]]
    fraction: Doubles

    @classmethod
    def of(cls, data: bytes, noise: Doubles | None) -> Codes:
        """The codes in ``data``, ``BYTES`` an element; ``noise`` goes on where the fraction is not zero."""
        rows = np.frombuffer(data, np.uint8).reshape(-1, BYTES).astype(np.int64)
        coarse = (rows[:, 1] * 256 + rows[:, 2]) / 65536
        return cls(rows[:, 0], coarse if noise is None else np.where(coarse > 0, coarse + noise / 65536, 0.0))

    @property
    def turn(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """The head, going up with the place: bytes of zero are no array of equal numbers, which would hide mistakes."""
        return self.head + np.arange(len(self.head))

    @property
    def sign(self) -> Doubles:
        """Minus one where the head is odd."""
        return np.where(self.head & 1, -1.0, 1.0)


def values(codes: Codes, profile: str, region: Region, dtype: torch.dtype) -> Doubles:
    """Doubles in the region that stay in it when rounded to ``dtype``; infinities and NaN in ``special`` alone."""
    moved = PROFILES[profile if profile in profiles_of(region) else "normal"](codes, region, grid(dtype))
    for hole in region.holes:
        moved = np.where(moved == hole, hole + 1.0, moved)
    return np.clip(moved, *within(region.bounds, dtype))


def profiles_of(region: Region) -> frozenset[str]:
    """The profiles that say something new in a region; the others are drawn as normal there."""
    names = {"normal", "integers", "ties"} | ({"zeros"} if region.has(0.0) else set())
    if region.kind.kind == "real" and region.kind.shape is None:
        names |= {"special"} if region.finite else {"special", "huge", "large", "larger"}
        names |= {"edge"} if region.half or region.finite or region.holes else set()
        names |= {"small", "smaller", "tiny", "subnormal"} if region.bounds.low <= 0 <= region.bounds.high else set()
    return frozenset(names)


def _normal(codes: Codes, region: Region, facts: Grid) -> Doubles:
    """Ordinary numbers of size about one, none equal by chance."""
    plain = np.array(plain_numbers(region))[codes.turn % len(plain_numbers(region))]
    if region.finite:
        width = region.bounds.high - region.bounds.low
        generic = region.bounds.low + width * (_EDGE + (1 - 2 * _EDGE) * codes.fraction)
    else:
        generic = codes.fraction * _SCALE[codes.head // 2 % len(_SCALE)]
        generic = _reflected(codes.sign * (generic + _EDGE if region.half else generic), region)
    return np.where(codes.fraction > 0, generic, plain)


def _integers(codes: Codes, region: Region, facts: Grid) -> Doubles:
    """Small integers."""
    whole = np.array(whole_numbers(region))
    return np.asarray(whole[codes.turn % len(whole)])


def _ties(codes: Codes, region: Region, facts: Grid) -> Doubles:
    """At most three different numbers."""
    return np.asarray(_normal(codes, region, facts)[codes.head % min(3, max(1, len(codes.head)))])


def _zeros(codes: Codes, region: Region, facts: Grid) -> Doubles:
    """Ordinary numbers, a third of them, and one at least, exactly zero, of either sign."""
    chosen = codes.head % 3 == 1
    chosen[:1] |= not chosen.any()
    return np.where(chosen, 0.0 * codes.sign, _normal(codes, region, facts))


def _edge(codes: Codes, region: Region, facts: Grid) -> Doubles:
    """Near an end or a hole, at distances of 2**-3 down to the last bit; on it, where it belongs to the domain."""
    bounds = region.bounds
    ends = [(end, inwards) for end, inwards in ((bounds.low, 1.0), (bounds.high, -1.0)) if math.isfinite(end)]
    ends += [(hole, side) for hole in region.holes for side in (1.0, -1.0)]
    end, inwards = np.array(ends)[codes.head % len(ends)].T
    distance = np.exp2(-3 - np.floor(codes.fraction * facts.digits))
    return np.asarray(end + inwards * np.where(codes.head % 7 == 6, 0.0, distance))


def _large(codes: Codes, region: Region, facts: Grid) -> Doubles:
    """From 8 to 1024, or to the fourth root of the largest number, so that powers of them can be held."""
    return _reflected(codes.sign * np.exp2(_between(3, min(10.0, math.log2(facts.largest) / 4), codes)), region)


def _small(codes: Codes, region: Region, facts: Grid) -> Doubles:
    """From 1/8 to 1/1024, or to the fourth root of the smallest normal number."""
    last = max(-10.0, math.log2(facts.smallest_normal) / 4)
    return _about_zero(codes.sign * np.exp2(_between(-3, last, codes)), region)


def _larger(codes: Codes, region: Region, facts: Grid) -> Doubles:
    """From the eighth root of the largest number to its fourth root; in float64 of float32's: -1e30 may mean never."""
    top = math.log2(min(facts.largest, _FLOAT32.largest))
    return _reflected(codes.sign * np.exp2(_between(top / 8, top / 4, codes)), region)


def _smaller(codes: Codes, region: Region, facts: Grid) -> Doubles:
    """From the eighth root of the smallest normal number to its fourth root; in float64 of float32's."""
    bottom = math.log2(max(facts.smallest_normal, _FLOAT32.smallest_normal))
    return _about_zero(codes.sign * np.exp2(_between(bottom / 8, bottom / 4, codes)), region)


def _between(first: float, last: float, codes: Codes) -> Doubles:
    return first + (last - first) * codes.fraction


def _huge(codes: Codes, region: Region, facts: Grid) -> Doubles:
    """From the fourth root of the largest number to near that number."""
    return _reflected(codes.sign * np.exp2(math.log2(facts.largest) * (0.25 + 0.65 * codes.fraction)), region)


def _tiny(codes: Codes, region: Region, facts: Grid) -> Doubles:
    """From the fourth root of the smallest normal number to near that number."""
    return _about_zero(codes.sign * np.exp2(math.log2(facts.smallest_normal) * (0.25 + 0.7 * codes.fraction)), region)


def _subnormal(codes: Codes, region: Region, facts: Grid) -> Doubles:
    """Below the smallest normal number; zero among them."""
    steps = np.floor(codes.fraction * 2.0 ** (facts.digits - 1))
    return _about_zero(codes.sign * steps * facts.smallest, region)


def _special(codes: Codes, region: Region, facts: Grid) -> Doubles:
    """Ordinary numbers, with minus zero and the largest numbers among them.

    Infinities and NaN have no neighbourhood, so no derivative: they stand in a spec's ``edge``, with what is expected.
    """
    strange = np.array([-0.0, facts.largest, -facts.largest])
    chosen = codes.head % 16 == 1
    chosen[:1] |= not chosen.any()
    return np.where(chosen, strange[codes.head // 16 % len(strange)], _normal(codes, region, facts))


def _reflected(x: Doubles, region: Region) -> Doubles:
    """Signed numbers turned inwards from the end of a half-line; kept as they are elsewhere."""
    if math.isfinite(region.bounds.low):
        return np.asarray(region.bounds.low + abs(x))
    return np.asarray(region.bounds.high - abs(x)) if math.isfinite(region.bounds.high) else x


def _about_zero(x: Doubles, region: Region) -> Doubles:
    """Signed small numbers, of one sign where the region ends at zero."""
    if region.bounds.low == 0:
        return abs(x)
    return -abs(x) if region.bounds.high == 0 else x


PROFILES: dict[str, Callable[[Codes, Region, Grid], Doubles]] = {
    "normal": _normal,
    "integers": _integers,
    "ties": _ties,
    "edge": _edge,
    "zeros": _zeros,
    "large": _large,
    "small": _small,
    "larger": _larger,
    "smaller": _smaller,
    "huge": _huge,
    "tiny": _tiny,
    "subnormal": _subnormal,
    "special": _special,
}

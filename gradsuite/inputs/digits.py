"""Plainer numbers in place of others: zeros, ones, small integers, fewer decimal digits."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from gradsuite.inputs.fill import rounded
from gradsuite.inputs.region import PLAIN, Region

_SMALL = 1000.0  # integers below are plainer than fractions
_DIGITS = 17  # enough for any double


def candidates(x: Tensor, start: int, end: int, found: Region) -> Iterator[Tensor]:
    """``x`` with the elements from ``start`` to ``end`` (row-major) made plainer inside the region, plainest first.

    Where the region has a shape of its own (a simplex), the only candidate is its middle.
    """
    if found.kind.shape is not None:
        middle = rounded(torch.ones(x.shape, dtype=torch.float64).numpy(), found, x.dtype).to(x.device)
        yield from [] if torch.equal(middle, x) else [middle]
        return
    flat = x.contiguous().flatten()
    old = flat[start:end]
    rank = plainness(old)
    for new in _plainer(old):
        if plainness(new) < rank and bool(found.holds(new).all()):
            yield torch.cat([flat[:start], new, flat[end:]]).reshape(x.shape)


def plainness(x: Tensor) -> tuple[int, float, float]:
    """What orders tensors from plain to strange: small integers, few digits, many digits, not finite."""
    parts = _parts(x)
    if not all(map(math.isfinite, parts)):
        return (2, float(sum(not math.isfinite(part) for part in parts)), 0.0)
    signs = sum(math.copysign(1.0, part) < 0 for part in parts) / (1 + len(parts))
    if all(part == int(part) and abs(part) < _SMALL for part in parts):
        return (0, max(map(abs, parts), default=0.0), signs)
    return (1, float(_digits(x, parts)), max(abs(math.log2(abs(part))) if part else 0.0 for part in parts) + signs)


def _plainer(old: Tensor) -> Iterator[Tensor]:
    for number in PLAIN:
        if _in_dtype(number, old.dtype):
            yield torch.full_like(old, number)
    if not (old.is_floating_point() or old.is_complex()) or not bool(torch.isfinite(old).all()):
        return
    parts = _parts(old)
    yield _like([abs(part) for part in parts], old)
    for places in range(4):
        yield _like([round(part, places) for part in parts], old)
    for digits in range(1, 4):
        yield _like([_to(part, digits) for part in parts], old)


def _digits(x: Tensor, parts: list[float]) -> int:
    """Significant decimal digits that tell every element from its neighbours in its dtype."""
    for digits in range(1, _DIGITS):
        if torch.equal(_like([_to(part, digits) for part in parts], x), x):
            return digits
    return _DIGITS


def _to(part: float, digits: int) -> float:
    return float(f"{part:.{digits}g}")


def _parts(x: Tensor) -> list[float]:
    """The elements as doubles; real and imaginary parts in turn."""
    return [float(part) for part in (torch.view_as_real(x).flatten() if x.is_complex() else x).tolist()]


def _like(parts: list[float], old: Tensor) -> Tensor:
    wide = torch.tensor(parts, dtype=torch.float64, device=old.device)
    if old.is_complex():
        wide = torch.view_as_complex(wide.reshape(-1, 2))
    return wide.to(old.dtype)


def _in_dtype(number: float, dtype: torch.dtype) -> bool:
    if dtype == torch.bool:
        return number in (0.0, 1.0)
    return dtype.is_floating_point or dtype.is_complex or number == int(number)

"""Tensors from bytes: real, complex, integer and boolean inputs, rounded to the tested dtype at once."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from gradsuite.inputs.grid import real_dtype, within
from gradsuite.inputs.region import Region, region
from gradsuite.inputs.values import BYTES, Codes, Doubles, values
from gradsuite.spec.definition import Domain

DRAWN = 24  # up to so many elements are drawn, and shrink one by one; more are filled from the seed

_PLANE = region(Domain("real"), {})


def codes_needed(shape: tuple[int, ...], found: Region, dtype: torch.dtype) -> int:
    """How many codes an input takes: two an element where it is complex."""
    return math.prod(shape) * (2 if dtype.is_complex and found.kind.kind == "real" else 1)


def noise(count: int, generator: torch.Generator) -> Doubles:
    """Uniform numbers in [0, 1)."""
    return np.asarray(torch.rand(count, dtype=torch.float64, generator=generator).numpy())


def random_bytes(count: int, generator: torch.Generator) -> bytes:
    """The bytes of ``count`` codes."""
    drawn = torch.randint(0, 256, (count * BYTES,), dtype=torch.uint8, generator=generator)
    return drawn.numpy().tobytes()


def tensor(codes: Codes, profile: str, shape: tuple[int, ...], found: Region, dtype: torch.dtype) -> Tensor:
    """A contiguous tensor of ``shape`` inside the region; of int64 or bool where that is the region's kind."""
    if found.kind.kind == "boolean":
        return torch.from_numpy((codes.turn + (codes.fraction * 65536).astype(np.int64)) % 2 == 1).reshape(shape)
    if found.kind.kind == "integer":
        return torch.from_numpy(_indices(codes, found)).reshape(shape)
    if dtype.is_complex:
        return _complex(codes, profile, shape, found, dtype)
    return rounded(values(codes, profile, found, dtype).reshape(shape), found, dtype)


def rounded(x: Doubles, found: Region, dtype: torch.dtype) -> Tensor:
    """``x`` moved onto the region where it has a shape of its own, and rounded to ``dtype`` inside its bounds."""
    if found.kind.shape is not None:
        x = np.clip(found.kind.shape(x, *found.parameters), *within(found.bounds, dtype))
    return torch.from_numpy(np.ascontiguousarray(x)).reshape(x.shape).to(dtype)


def _complex(codes: Codes, profile: str, shape: tuple[int, ...], found: Region, dtype: torch.dtype) -> Tensor:
    """The real part in the region, the imaginary part free."""
    half = len(codes.head) // 2
    parts = real_dtype(dtype)
    front, back = (Codes(codes.head[cut], codes.fraction[cut]) for cut in (slice(half), slice(half, None)))
    real = rounded(values(front, profile, found, dtype).reshape(shape), found, parts)
    return torch.complex(
        real.double(), rounded(values(back, profile, _PLANE, dtype).reshape(shape), _PLANE, parts).double()
    ).to(dtype)


def _indices(codes: Codes, found: Region) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """Integers in the region, zero the plainest; one in five is a value that belongs besides the bounds."""
    low, high = int(found.bounds.low), int(found.bounds.high)
    count, start = max(1, high - low + 1), -low if low <= 0 <= high else 0
    picked = low + (codes.turn + (codes.fraction * 65536).astype(np.int64) + start) % count
    for extra in found.extras:
        picked = np.where(codes.head % 5 == 4, int(extra), picked)
    return np.asarray(picked, np.int64)

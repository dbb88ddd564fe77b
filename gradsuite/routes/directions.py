"""Tangents and cotangents: signed, never zero, the same in every dtype and on every device.

They come from one table of random signs times magnitudes with six significant bits: such numbers are exact in every
format down to bfloat16, so that a step along them is exact too. No two of up to 17 in a row are of one size, and
few by chance of more: a gradient that stands in another's place is only seen where the numbers at both places differ.
The arithmetic is NumPy's: on a handful of elements it costs a third of torch's, and every sample of every check pays.
"""

from __future__ import annotations

import math

import numpy as np
import torch

from gradsuite.numerics.precision import Format, widen

Key = tuple[int, int, int]  # the sample's seed, the purpose, the place among inputs or outputs

_DICE = np.random.default_rng(1)
SIZES = 1 + np.arange(32) / 32
# All sizes of one half in random order, then all of the other, and so on: nowhere do fewer than 16 lie between equals.
# Signs are drawn one by one: over many entries of one size a direction adds up to about the root of their number.
_HALVES = np.tile(_DICE.permutation(SIZES).reshape(2, 16), (2**11, 1))
TABLE: np.ndarray = _DICE.permuted(_HALVES, axis=1).reshape(-1) * _DICE.choice([-1.0, 1.0], 2**16)
LOOKED_AT = 32  # elements that tell what size is typical
EXPONENT = 0x7FF << 52  # the bits of a float64 that hold its exponent


def signed(like: torch.Tensor, key: Key) -> torch.Tensor:
    """Random signs times magnitudes from 1 to 2, in shape, dtype and device of ``like``; complex: both parts."""
    return torch.from_numpy(_numbers(tuple(like.shape), like.is_complex(), key)).to(like)


def sized(values: torch.Tensor, key: Key, limit: torch.Tensor | None) -> torch.Tensor:
    """Signed numbers, the j-th of about the size max(|x_j|, typical |x|), and no larger than ``limit`` lets them be.

    Beside huge values, typical is 1: a step from a small element must not be huge. What is infinite does not move.
    The imaginary part is a quarter as large: against cotangents with parts of one size, Re(conj(t) ct) is never zero.
    """
    size = np.abs(widen(values).numpy(force=True))
    room = np.where(np.isfinite(size), np.maximum(size, min(_typical(size), 1.0)), 0.0)
    if limit is not None:
        room = np.minimum(room, np.maximum(limit.numpy(force=True), 0.0))
    moved = np.asarray(_numbers(size.shape, values.is_complex(), key) * _power_of_two(room))
    if values.is_complex():
        moved.imag /= 4
    return torch.from_numpy(moved).to(values)


def _numbers(shape: tuple[int, ...], is_complex: bool, key: Key) -> np.ndarray:
    """Entries of TABLE from where ``key`` says; an array larger than the table goes round in it."""
    count = math.prod(shape) * (2 if is_complex else 1)
    start = _mixed(key) % len(TABLE)
    if start + count <= len(TABLE):
        found = TABLE[start : start + count].copy()
    else:
        found = np.take(TABLE, np.arange(start, start + count), mode="wrap")
    return (found.view(np.complex128) if is_complex else found).reshape(shape)


def _mixed(key: Key) -> int:
    """A number that differs in all its bits for keys that differ in one (multiplicative hashing, Knuth, TAOCP 6.4)."""
    number = 0
    for part in key:
        number = (number + part + 1) * 0x9E3779B97F4A7C15 % 2**64
        number ^= number >> 29
    return number


def _typical(size: np.ndarray) -> float:
    """The median of LOOKED_AT evenly spaced magnitudes that are neither zero nor infinite; 1 where there is none.

    It is a normal number: steps along a subnormal direction would be lost.
    """
    stride = max(1, size.size // LOOKED_AT)
    some = sorted([s for s in size.reshape(-1)[::stride].tolist() if 0 < s < math.inf])
    return max(some[(len(some) - 1) // 2], Format.of(torch.float64).normal) if some else 1.0


def _power_of_two(size: np.ndarray) -> np.ndarray:
    """The largest power of two not above ``size``, elementwise; zero for zero and for subnormal numbers."""
    return (size.view(np.int64) & EXPONENT).view(np.float64)

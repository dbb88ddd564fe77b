"""Differences of the op itself: one directional derivative over all inputs and outputs, with its own bar.

The number is d/dh <ct, f(x + h t)> at h = 0 for a signed tangent t over all differentiable inputs and a
signed cotangent ct over all outputs. Four evaluations decide nearly always; only where they leave the bar
too wide, or disagree, a longer tableau follows, whose rounding error is measured at the point.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from gradsuite.numerics.estimate import Estimate
from gradsuite.numerics.precision import Format, widen
from gradsuite.numerics.richardson import extrapolate, noise_level, settled
from gradsuite.routes.point import Point

FIRST = (2.0**-10, 2.0**-11)  # truncation and rounding meet near 2**-42 for a smooth function
LONG = tuple(2.0**-k for k in range(2, 16))
CLOSE = (2.0**-16, 2.0**-18, 2.0**-20)  # on this side of kinks that the long tableau steps across
NOISE_STEP = 2.0**-14
CREDIBLE = 2.0**-20  # noise relative to the values: more than float32 inside an op makes
EPS = Format.of(torch.float64).unit


@dataclass(frozen=True)
class Slope:
    """What differences say: the derivative, and the one-sided ones where the point may be a kink."""

    central: Estimate
    steps: tuple[float, ...]
    slopes: tuple[float, ...]
    left: Estimate | None = None
    right: Estimate | None = None

    @property
    def kink(self) -> bool:
        """Whether the one-sided slopes differ by more than their bars."""
        return self.left is not None and self.right is not None and not self.left.agrees(self.right)

    def between(self, number: Estimate) -> bool:
        """Whether ``number`` lies between the one-sided slopes: a subgradient at a kink."""
        assert self.left is not None and self.right is not None
        low, high = sorted((self.left.value, self.right.value))
        bar = self.left.bar + self.right.bar + number.bar
        return low - bar <= number.value <= high + bar


class Line:
    """<ct, f(x + h t)> as a function of h, in float64. ``evaluate`` gives values and the sums of magnitudes."""

    def __init__(self, point: Point, tangents: Mapping[str, torch.Tensor] | None = None) -> None:
        self._point = point = point.wide
        self._tangents = dict(point.tangents if tangents is None else tangents)
        self._weigh(point.cotangents)

    def _weigh(self, weights: Sequence[torch.Tensor]) -> None:
        """The outputs are paired with ``weights``, in whose dtypes they are rounded: an op may return a narrow one."""
        self._weights = flat(weights)
        units = [Format.of(weight.dtype).unit / EPS for weight in weights]
        self._magnitudes = np.abs(flat([widen(weight) * unit for weight, unit in zip(weights, units, strict=True)]))

    def evaluate(self, steps: Sequence[float]) -> tuple[list[float], list[float]]:
        """Values at each signed step, and sum |ct| |f| there, which scales the rounding error."""
        with torch.no_grad(), np.errstate(all="ignore"):
            rows = [self._row(step) for step in steps]
            return [float(row @ self._weights) for row in rows], [float(np.abs(row) @ self._magnitudes) for row in rows]

    def _row(self, step: float) -> np.ndarray:
        """The outputs, or NaN where the op refuses its inputs: the step has left its domain."""
        try:
            return self.outputs(step)
        except (RuntimeError, ValueError):
            if step == 0:
                raise
            return np.full_like(self._weights, np.nan)

    def shifted(self, step: float) -> dict[str, torch.Tensor | None]:
        """The inputs at x + step t."""
        tensors = dict(self._point.tensors)
        for name, tangent in self._tangents.items():
            tensors[name] = torch.add(tensors[name], tangent, alpha=step)  # type: ignore[arg-type]
        return tensors

    def outputs(self, step: float) -> np.ndarray:
        """All outputs that carry a gradient at x + step t, flat, float64."""
        return flat(self._point.select(self._point.call(self.shifted(step))))


def flat(tensors: Sequence[torch.Tensor]) -> np.ndarray:
    """All elements in a row, float64; of a complex one the real and the imaginary part."""
    rows = [_row(tensor) for tensor in tensors]
    return rows[0] if len(rows) == 1 else np.concatenate(rows)


def _row(tensor: torch.Tensor) -> np.ndarray:
    if tensor.dtype is not torch.float64:
        tensor = widen(tensor)
        tensor = torch.view_as_real(tensor.resolve_conj()) if tensor.is_complex() else tensor
    return tensor.numpy(force=True).ravel()


def quick(line: Line) -> Slope:
    """Two central differences and their extrapolation, for a verdict of agreement alone.

    The bar is optimistic: it takes the op to round its result well, and the next term of the error series to be about
    the square of the last one, relative to the slope or to sum |ct| |f|. So it sees mistakes far below what two steps
    can prove; where it is too narrow, agreement fails, and ``thorough`` decides with a bar that was earned.
    """
    values, sizes = line.evaluate([*FIRST, *(-step for step in FIRST)])
    slopes = [(values[k] - values[k + 2]) / (2 * step) for k, step in enumerate(FIRST)]
    rounding = max(EPS * (sizes[k] + sizes[k + 2]) / step for k, step in enumerate(FIRST))
    correction = (slopes[1] - slopes[0]) / 3
    value = slopes[1] + correction
    scale = max(abs(value), sizes[1])
    bar = 5 / 3 * rounding + (16 * correction * correction / scale if scale else 0.0)
    return Slope(Estimate(value, bar if math.isfinite(bar) else math.inf), FIRST, tuple(slopes))


def thorough(line: Line) -> Slope:
    """A long tableau, the noise of the op measured at the point, and one-sided slopes to tell a kink."""
    noise = _noise(line, [k * NOISE_STEP for k in range(-4, 5)])
    far, near = (_central(line, LONG[start::2], noise=noise) for start in (0, 1))
    # Two tableaux on different steps must agree: their distance is a bar that no single tableau can see.
    apart = abs(far.central.value - near.central.value)
    best = min(far, near, key=lambda slope: slope.central.bar)
    central = Estimate(best.central.value, max(best.central.bar, apart) if math.isfinite(apart) else best.central.bar)
    left, right = (_one_sided(line, side) for side in (-1.0, 1.0))
    return Slope(central, best.steps, best.slopes, left, right)


def close(line: Line) -> Slope:
    """A short tableau of small steps: rounding leaves it less sharp than a long one, and kinks nearby do not reach it.

    Good for agreement alone: what a solver that stops early computes is smooth on this scale, and its slope is not that
    of the solution.
    """
    return _central(line, CLOSE, noise=_noise(line, [k * CLOSE[1] for k in range(-4, 5)]))


def _central(line: Line, steps: Sequence[float], *, noise: float) -> Slope:
    values, sizes = line.evaluate([*steps, *(-step for step in steps)])
    count = len(steps)
    usable = [k for k in range(count) if math.isfinite(values[k]) and math.isfinite(values[k + count])]
    if len(usable) < 2 or usable != list(range(usable[0], count)):
        return Slope(Estimate(math.nan, math.inf), (), ())
    slopes = [(values[k] - values[k + count]) / (2 * steps[k]) for k in usable]
    roundings = [(noise + EPS * (sizes[k] + sizes[k + count])) / steps[k] for k in usable]
    base = 4 ** round(math.log2(steps[0] / steps[1]))
    found = extrapolate(slopes, roundings, base=base)
    # What looks like very large noise may be a pole: it is no excuse for slopes that do not settle.
    excess = 0.0 if noise <= CREDIBLE * max(sizes) else noise
    if not settled(found, slopes, [r - excess / steps[k] for r, k in zip(roundings, usable, strict=True)]):
        found = Estimate(found.value, math.inf)
    return Slope(found, tuple(steps[k] for k in usable), tuple(slopes))


def _one_sided(line: Line, side: float) -> Estimate:
    steps = LONG[4:]
    values, sizes = line.evaluate([0.0, *(side * step for step in steps)])
    usable = [k for k in range(len(steps)) if math.isfinite(values[k + 1])]
    if not math.isfinite(values[0]) or len(usable) < 2 or usable != list(range(usable[0], len(steps))):
        return Estimate(math.nan, math.inf)
    slopes = [(values[k + 1] - values[0]) / (side * steps[k]) for k in usable]
    noise = _noise(line, [side * k * NOISE_STEP for k in range(9)])  # a kink itself is no noise
    roundings = [2 * (noise + EPS * (sizes[0] + sizes[k + 1])) / steps[k] for k in usable]
    return extrapolate(slopes, roundings, base=2)


def _noise(line: Line, steps: Sequence[float]) -> float:
    """Three standard deviations of the op's own rounding error, seen in high differences at evenly spaced steps."""
    values, _ = line.evaluate(steps)
    return 3 * noise_level(values) if all(map(math.isfinite, values)) else 0.0

"""A function of one number along the real line: where it is defined, and where its slope jumps."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
import torch

Values = Callable[[torch.Tensor], torch.Tensor]  # element by element, float64
REACH = 2.0**10  # as far as is looked
HALVINGS = 60
FINE = 64  # ends and kinks are taken for the nearest multiple of 1/64, where that is within their own precision


def domain(values: Values, inside: float) -> str:
    """Where ``values`` is finite around ``inside``, in the words of a spec."""
    low, high = (_end(values, inside, way) for way in (-1, 1))
    if math.isinf(low) and math.isinf(high):
        return "real"
    taken = [math.isfinite(end) and _finite(values, end) for end in (low, high)]
    if math.isinf(high):
        if low == 0:
            return "nonnegative" if taken[0] and _slopes(values, 0.0) else "positive"
        return f"greater({low:.17g})"
    if math.isinf(low):
        return "negative" if high == 0 else f"less({high:.17g})"
    closed = all(taken) and all(_slopes(values, end) for end in (low, high))
    return f"{'closed' if closed else 'interval'}({low:.17g}, {high:.17g})"


def kinks(values: Values, low: float = -8.0, high: float = 8.0) -> Iterator[tuple[float, float, float]]:
    """Each place in ``(low, high)`` where the slope jumps and the value does not: place, slope before and after.

    Candidates are where the second difference is of the size of the step: for a smooth function it is of its square.
    """
    step = (high - low) / 4096
    x = torch.linspace(low, high, 4097, dtype=torch.float64)[1:-1] + step / 3
    last = -math.inf
    for place in x[_jumps(values, x, step)].tolist():
        if place - last > 3 * step:
            found = _narrowed(values, place, step)
            if found is not None:
                yield found
        last = place


def _jumps(values: Values, x: torch.Tensor, step: float) -> torch.Tensor:
    """Where the slopes on both sides differ by more than they do next to it, by far."""
    apart = (values(x + step) - 2 * values(x) + values(x - step)).abs() / step
    apart = apart.nan_to_num(nan=0.0, posinf=0.0)
    usual = torch.as_tensor(np.median(apart.unfold(0, 33, 1).numpy(), axis=-1)) if len(apart) > 33 else apart
    around = torch.nn.functional.pad(usual[None], (16, 16), mode="replicate")[0]
    return apart > 8 * around + 2.0**-10


def _narrowed(values: Values, place: float, step: float) -> tuple[float, float, float] | None:
    """The kink near ``place``, looked for on ever finer grids; None where it vanishes there."""
    while step > 2.0**-24:
        grid = place + torch.linspace(-2 * step, 2 * step, 65, dtype=torch.float64)
        step /= 16
        apart = (values(grid + step) - 2 * values(grid) + values(grid - step)).abs()
        place = float(grid[int(apart.nan_to_num(nan=0.0, posinf=0.0).argmax())])
    place = snapped(place, 4 * step)
    return _sides(values, place)


def _sides(values: Values, place: float) -> tuple[float, float, float] | None:
    step = 2.0**-16
    x = torch.tensor([place - 2 * step, place - step, place, place + step, place + 2 * step], dtype=torch.float64)
    y = values(x)
    before, after = (y[1] - y[0]).item() / step, (y[4] - y[3]).item() / step
    twice, once = ((y[4] - 2 * y[2] + y[0]).abs().item(), (y[3] - 2 * y[2] + y[1]).abs().item())
    if not 1.5 * once < twice < 2.5 * once or not abs(after - before) > 2.0**-8:
        return None  # of the size of the step at a kink, of its square where all is smooth, of none at a jump
    return place, before, after


def snapped(value: float, precision: float) -> float:
    """The nearest multiple of 1/64, where ``value`` lies that near; else ``value``."""
    near = round(value * FINE) / FINE
    return near if abs(near - value) <= precision else value


def _finite(values: Values, at: float) -> bool:
    return bool(torch.isfinite(values(torch.tensor([at], dtype=torch.float64))).all())


def _slopes(values: Values, at: float) -> bool:
    """Whether the gradient is finite at an end, too."""
    x = torch.tensor([at], dtype=torch.float64, requires_grad=True)
    return bool(torch.isfinite(torch.autograd.grad(values(x).sum(), x)[0]).all())


def _end(values: Values, inside: float, way: int) -> float:
    """How far the values stay finite from ``inside`` on, in one direction."""
    outside = inside
    for step in (2.0**k for k in range(-4, 11)):
        outside = inside + way * step
        if not _finite(values, outside):
            break
    else:
        return way * math.inf
    kept = inside
    for _ in range(HALVINGS):
        middle = (kept + outside) / 2
        kept, outside = (middle, outside) if _finite(values, middle) else (kept, middle)
    return snapped(kept, 2.0**-20)

"""Loops that end when a step is small enough: how far their result may be from where they would end.

Such a forward does not compute what its gradient is the gradient of: an implicit derivative, or that of an adjoint
equation, is that of the limit. What is left over shrinks like C r**n with the turns n, and its slope like n C r**n
(Gilbert, Automatic differentiation and iterative processes, 1992). It is no noise, for it is smooth in between; but
where the number of turns changes, the values jump by one turn's worth, and the operations that the op calls are the
same but for a block that comes once more.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from gradsuite.numerics.dispatch import DispatchMode

if TYPE_CHECKING:
    from gradsuite.routes.line import Line

FAR = (1.0, 32.0, 1024.0)  # steps to either side at which another number of turns is looked for
ADJACENT = 2.0**-50  # of the far step: between steps so near one turn is the whole difference
SURE = 16.0  # how fast r may change along the tangent, relative to r (1 - r)

Calls = list[str]
REFUSED: Calls = []


def unfinished(line: Line) -> float:
    """How far <ct, f> may be from its limit, to first order and in its slope; zero where no loop is seen to end.

    Looked for once a point, along the longest line of a kind: a solver stops everywhere as it does there.
    """
    known, kind, reach = line.point.unfinished, type(line), line.reach
    if kind not in known or (not known[kind][1] and known[kind][0] < reach):
        known[kind] = (reach, _found(line))
    return known[kind][1]


def _found(line: Line) -> float:
    here = _calls(line, 0.0)
    return next((found for far in _steps(line) if here and (found := _one_turn_more(line, here, far))), 0.0)


def _steps(line: Line) -> Iterator[float]:
    """Those of FAR, in tangents and, where these are short, in units of the inputs."""
    for length in (1.0, 1 / line.reach) if 0 < line.reach < 1 else (1.0,):
        for far in FAR:
            yield from (far * length, -far * length)


def _one_turn_more(line: Line, here: Calls, far: float) -> float:
    there, start, step = _calls(line, far), 0.0, far
    if there in (here, REFUSED):
        return 0.0
    while abs(step - start) > ADJACENT * abs(far):
        middle = (start + step) / 2
        calls = _calls(line, middle)
        if calls == here:
            start = middle
        else:
            step, there = middle, calls
    jump = float(np.abs(line.row(step) - line.row(start)) @ np.abs(line.weights))
    found = SURE * _turns(*sorted((here, there), key=len)) * jump
    return found if np.isfinite(found) else 0.0


def _turns(fewer: Calls, more: Calls) -> int:
    """How many times the block comes in ``more`` that comes once less in ``fewer``; zero where that is not all."""
    length = len(more) - len(fewer)
    end = next((place for place, pair in enumerate(zip(fewer, more, strict=False)) if pair[0] != pair[1]), len(fewer))
    if not 0 < length <= end or fewer[end:] != more[end + length :]:
        return 0
    block, turns = more[end : end + length], 0
    while end >= 0 and more[end : end + length] == block:
        turns, end = turns + 1, end - length
    return turns if turns > 1 else 0


def _calls(line: Line, step: float) -> Calls:
    seen = _Seen()
    try:
        with seen:
            line.outputs(step)
    except Exception:  # the step has left the op's domain, or the op has no path under a dispatch mode
        return REFUSED
    return seen.calls


class _Seen(DispatchMode):
    """The operations that are called, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: Calls = []

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        self.calls.append(str(func))
        return func(*args, **(kwargs or {}))

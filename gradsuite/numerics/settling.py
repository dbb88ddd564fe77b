"""Do slopes settle as the step shrinks, and from which step on? How much noise would they need to?

For a smooth function central slopes change by a quarter of the last change whenever the step is halved, one-sided
slopes by half of it, and so does the bend between the two sides. A jump within a step lets the slopes grow, a kink
leaves the bend as it is, and an oscillation or a pole closer than the step does worse. So the slopes at steps on the
near side of it are told from the others with no knowledge of the function: from some step on, they settle.

What does not settle may still be noise of the function's values. The least noise that explains all slopes from a step
on is what they *need*; a long run of steps under more noise competes with a short run under less, by their bars.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from gradsuite.numerics.estimate import RESOLUTION, UNKNOWN, Estimate
from gradsuite.numerics.richardson import Row, Tableau

FEWEST = 5  # slopes in a run: two changes of a change, and one to spare
# The share of the last change that the next may have: half way, by ratio, between a smooth function's and the least
# that a function with a singularity shows: a kink of its derivative in central slopes, else a power of 3/2.
CENTRAL, BEND, ONE_SIDED = 2.0**-1.5, 2.0**-0.75, 2.0**-0.75
# Slopes that grow without end: so many of them; by no less than half way between a logarithm's equal changes and those
# of a power of 3/2; while the function moves by less and less, as an eighth root at most.
DIVERGING, GROWING, SHRINKING = 8, 2.0**-0.25, 2.0**-0.125


def central(slopes: Row, bends: Row, steps: Row) -> Row:
    """The noise that central slopes need to settle, if the first is left out, the first two, and so on.

    A jump J within a step h leaves J / 2h in the slope, as noise of J / 2 in each value would; a bend that does not
    shrink leaves the slope uncertain by half of it.
    """
    jumps = steps[2:] * _excess(np.diff(slopes), CENTRAL)
    kinks = steps[:-1] * _excess(bends, BEND) / (2 * (1 - BEND))
    needed: Row = np.maximum(_from_each_on(jumps), _from_each_on(kinks)[:-1])
    return needed


def one_sided(slopes: Row, steps: Row) -> Row:
    """The noise that one-sided slopes need to settle."""
    return _from_each_on(steps[2:] / 2 * _excess(np.diff(slopes), ONE_SIDED))


def _excess(changes: Row, share: float) -> Row:
    """By how much each change is larger than its share of the last; infinite where one is not a number."""
    sizes = abs(changes)
    excess = sizes[1:] - share * sizes[:-1]
    return np.where(np.isnan(excess), math.inf, np.maximum(excess, 0.0))


def _from_each_on(noise: Row) -> Row:
    """The largest noise needed from each step on."""
    return np.maximum.accumulate(noise[::-1])[::-1]


PLAUSIBLE = 2.0**-3  # the relative bar of an explanation that may contradict another: its leading digit is known


def diverges(slopes: Row, steps: Row) -> bool:
    """Whether one-sided slopes grow without end while the function itself is continuous: a cusp or a vertical tangent.

    Each change is of the last one's sign and no smaller (that of a logarithm is equal), and what the function moves by
    shrinks with the step (that of a jump does not).
    """
    last, moves = np.diff(slopes[-DIVERGING:]), abs(slopes * steps)[-DIVERGING:]
    grow = (last[1:] * np.sign(last[:-1]) >= GROWING * abs(last[:-1])) & (last[1:] != 0)
    away = np.sign(slopes[-1]) * last > 0
    return bool(grow.all() and away.all() and (moves[1:] <= SHRINKING * moves[:-1]).all())


def limit(tableau: Tableau, needed: Row, *, measured: float, size: float) -> Estimate:
    """The slope at step zero: of all runs of steps the one with the narrowest bar, held against the others.

    ``measured`` noise of the values is a lower bound for all runs. ``size`` is the magnitude of the function's values:
    noise that would hide RESOLUTION of it, or of the slope, is no explanation, as anything could be hidden in it.
    Where two runs have explanations that contradict each other, the bar holds both. Values that do not change at all at
    small steps may be the tread of a stair, so there every longer run counts. The last slopes have a say on their own:
    a kink just before them leaves no run that it is not part of.
    """
    noise = np.maximum(needed, measured)
    runs = list(_runs(tableau, noise))
    best = min(runs, key=lambda run: run.bar, default=UNKNOWN)
    if not best.bar <= RESOLUTION * max(abs(best.value), size):
        return UNKNOWN
    flat = not tableau.slopes[-FEWEST:].any()
    longer = runs.index(best) if flat else 0
    others = [run for k, run in enumerate(runs) if _plausible(run, size) and (k < longer or not run.agrees(best))]
    least = float(noise[len(tableau.slopes) - FEWEST])
    others += [slope for slope in tableau.last(FEWEST - 1, least) if not slope.agrees(best)]
    return Estimate(best.value, max([best.bar, *(abs(run.value - best.value) + run.bar for run in others)]))


def _plausible(run: Estimate, size: float) -> bool:
    return run.bar <= max(PLAUSIBLE * abs(run.value), RESOLUTION * size)


def _runs(tableau: Tableau, noise: Row) -> Iterator[Estimate]:
    """The best estimate of each run: from the first step on under much noise, to the last few under little.

    A run within a run under the same noise counts, too: a kink just inside a step may look like the error of a smooth
    function, and only slopes at finer steps, on their own, tell that it is none.
    """
    for start, level in enumerate(noise[: len(tableau.slopes) - FEWEST + 1].tolist()):
        if math.isfinite(level):
            yield tableau.best(start, level)

"""Natural error: what rounding in the tested dtype must cost at this point, seen by adding rounding on purpose.

The float64 computation runs a few times under stochastic arithmetic (numerics.noise) with inputs and
cotangent perturbed alike. Where a spec declares formulas, their own operations are perturbed too: that sees
inside fused kernels. The natural error of each number is the largest deviation seen, and no less than what
rounding the exact result costs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import torch

from gradsuite.numerics.noise import Noise
from gradsuite.numerics.precision import Format, largest, ulp
from gradsuite.routes.point import Point, Tensors

# A correct result may err by three standard deviations. That all runs deviate by less than a CONFIDENCE-th of that
# has a probability of about 0.15 ** RUNS for each element: with six runs, once in a hundred thousand elements.
RUNS = 6

# How far beyond the natural error a correct result may lie. A handful of random runs sees less than the
# worst case: over the catalogue and torch's own OpInfo list correct results stay below 4 at the 95th
# percentile, defects begin above 60. One constant for all ops and dtypes.
CONFIDENCE = 16.0

LOUD, QUIET = 2.0**12, 2.0  # by how much larger roundings are made in float64; where that is too much
NEAR = 2.0**-3
LABELS = 2.0**8  # the largest whole number below which every format holds all; far beyond, every number is whole
STILL = 2.0**-6  # of what a number moves by where labels are none: it stands still where they are

Numbers = Mapping[str, torch.Tensor]
Computation = Callable[[Point, list[torch.Tensor], Noise | None], Numbers]


@dataclass(frozen=True)
class Natural:
    """For each named number its float64 value and its natural error, elementwise.

    ``overflows``: a value on the way leaves the dtype's range, so a result that is not finite is natural.
    """

    values: Numbers
    errors: Numbers
    overflows: bool

    def bound(self, name: str) -> torch.Tensor:
        """The error limit: the natural error times the one constant."""
        return CONFIDENCE * self.errors[name]


def natural_error(
    point: Point, compute: Computation, *, salt: int = 0, inside: torch.dtype | None = None, runs: int = RUNS,
    pure: bool = False, inherent: bool = False,
) -> Natural:  # fmt: skip
    """The natural error of what ``compute(point, cotangents, noise)`` returns, in the dtype of ``point``.

    ``compute`` must be the same mathematics in each call; it is given the wide point with perturbed values.
    ``inside``: the dtype in which operations round, where that is not the point's own; inputs, cotangents and results
    are still of the point's. Where a perturbed run raises, nothing is known, and errors are infinite. Fewer ``runs``
    see no larger errors: what agrees within these agrees within those of all. ``pure``: it is known to repeat, so that
    what moves by a good part of itself was moved by the perturbation, and may be by a smaller one. ``inherent``:
    but for roundings in a hand-written backward's own arithmetic, by which an unstable formula excuses itself.
    """
    wide, narrow = point.wide, point.computes_in
    # In float64 itself the added rounding is made 2**12 times larger and the deviation divided again, so that
    # the float64 run's own rounding does not count. That of what it computes in a narrower dtype does.
    scale = LOUD if wide is point and narrow is None else 1.0
    with torch.random.fork_rng(devices=[]):
        values = compute(wide, wide.cotangents, None)
        seen = partial(_Seen.over, point, compute, values, inside=inside, runs=runs, salt=salt, inherent=inherent)
        found = seen(scale)
        if pure and scale == LOUD and found.saturates(values):
            found = found.larger(seen(QUIET))
        if scale == LOUD and found.drowns(values):
            found = found.smaller(seen(QUIET))
        if found.saturates(values) and _holds_labels(wide):
            found = found.but(seen(scale, labels=True), values)
    errors = {name: _floor(values[name], found.spread[name], narrow or point.dtype) for name in values}
    return Natural(values, errors, found.vanished or found.largest >= Format.of(point.dtype).largest)


@dataclass(frozen=True)
class _Seen:
    """What perturbed runs show: deviations over ``scale``, the largest number on the way, whether one vanished."""

    scale: float
    spread: dict[str, torch.Tensor]
    largest: float = 0.0
    vanished: bool = False

    @classmethod
    def over(
        cls, point: Point, compute: Computation, values: Numbers, scale: float, *, inside: torch.dtype | None,
        runs: int, salt: int, inherent: bool, labels: bool = False,
    ) -> _Seen:  # fmt: skip
        """After ``runs`` runs with roundings ``scale`` times as large; ``labels``: whole numbers stay in all inputs."""
        spread = {name: torch.zeros_like(value.abs()) for name, value in values.items()}
        largest, vanished, spares = 0.0, False, False
        run_once = partial(_perturbed, point, compute, scale, inside, labels=labels, inherent=inherent)
        if runs == RUNS and inside is None and point.wide is not point:
            for name, value in _rounded(point, compute, inherent=inherent).items():
                spread[name] = (value - values[name]).abs().nan_to_num(nan=0.0, posinf=0.0)
        for run in range(runs):
            seed = point.sample.seed + 7919 * (run + 1) + salt
            try:
                noise, perturbed = run_once(seed, spares=spares)
                if not spares and _lost(perturbed, values):
                    spares = True  # a backward may look for the number that was chosen among all
                    noise, perturbed = run_once(seed, spares=True)
            except Exception:  # it refuses values so near, in its own words, or has another path under a dispatch mode
                spread = {name: torch.full_like(value, math.inf) for name, value in spread.items()}
                break
            largest, vanished = max(largest, noise.largest), vanished or noise.vanished
            for name, value in perturbed.items():
                spread[name] = torch.maximum(spread[name], (value - values[name]).abs() / scale)
        return cls(scale, spread, largest, vanished)

    def saturates(self, values: Numbers) -> bool:
        """Whether a number moved by a good part of itself, so that a smaller rounding may move it as far."""
        pairs = ((self.spread[name] * self.scale, value.abs()) for name, value in values.items())
        return any(bool((moved > NEAR * size).any()) for moved, size in pairs)

    def drowns(self, values: Numbers) -> bool:
        """Whether float64 would hold nothing of a number: loud roundings met what none meets, as a rank's cut-off."""
        return any(bool((self.spread[n] > value.abs().amax()).any()) for n, value in values.items() if value.numel())

    def but(self, other: _Seen, values: Numbers) -> _Seen:
        """The deviations; those of ``other`` for numbers that move by a good part of themselves here, and not there.

        A zero does where it moves by a good part of the largest beside it.
        """
        spread = {}
        for name, value in values.items():
            size = torch.where(value == 0, largest([value]), value.abs())
            jumps = (self.spread[name] * self.scale > NEAR * size) & (size != 0)
            still = other.spread[name] < STILL * self.spread[name]
            spread[name] = torch.where(jumps & still, other.spread[name], self.spread[name])
        return replace(self, spread=spread)

    def larger(self, other: _Seen) -> _Seen:
        """The larger deviation of each number."""
        return replace(self, spread={n: torch.fmax(spread, other.spread[n]) for n, spread in self.spread.items()})

    def smaller(self, other: _Seen) -> _Seen:
        """The smaller deviation of each number."""
        return replace(self, spread={n: torch.fmin(spread, other.spread[n]) for n, spread in self.spread.items()})


def _perturbed(
    point: Point, compute: Computation, scale: float, inside: torch.dtype | None, seed: int, *, spares: bool,
    labels: bool, inherent: bool,
) -> tuple[Noise, Numbers]:  # fmt: skip
    """One run under stochastic arithmetic, and the noise that was added to its operations."""
    wide, form, narrow = point.wide, Format.of(point.dtype), point.computes_in
    noisy = partial(Noise, scale=scale, inside=narrow, spares_chosen=spares, spares_backward=inherent)
    given = noise = noisy(form, seed=seed)
    if inside is not None:
        noise = noisy(Format.of(inside), seed=seed + 1)
    if wide is point and wide.hides_float32:  # twice a rounding: half a unit would be lost in the op's own
        given = Noise(Format.of(torch.float32), scale=2.0, seed=seed, inside=narrow)
    return noise, _run(wide, compute, noise, given, labels=labels)


def _rounded(point: Point, compute: Computation, *, inherent: bool) -> Numbers:
    """The run in which every operation rounds to the nearest number, as one in the point's dtype does: it meets ties.

    Two scores of attention that are unlike may be one number in half precision; noise nearly never makes them equal.
    """
    rounds = partial(Noise, Format.of(point.dtype), scale=1.0, seed=0, rounds_to=point.dtype)
    try:
        return _run(point.wide, compute, rounds(spares_backward=inherent), rounds())
    except Exception:  # as under noise
        return {}


def _holds_labels(wide: Point) -> bool:
    """Whether an input that moves holds whole numbers that may be labels, for which there is no neighbour."""
    inputs = (wide.primal(name) for name in wide.names)
    return any(bool((_is_whole(t) & (t != 0)).any()) for t in inputs if not t.is_complex())


def _lost(perturbed: Numbers, values: Numbers) -> bool:
    """Whether a number that is finite became none."""
    return any(bool((value.isnan() & values[name].isfinite()).any()) for name, value in perturbed.items())


def trembling(point: Point, compute: Computation) -> Numbers:
    """How far each number moves, in float64, between runs whose inputs differ by a few roundings alone.

    By one they would mostly not differ: half a unit is rounded away. The rounding inside a kernel, where stochastic
    arithmetic adds none, shows there. Infinite, where values so near are refused: nothing is known.
    """
    seeds, form = range(point.sample.seed, point.sample.seed + RUNS), Format.of(point.wide.dtype)
    with torch.random.fork_rng(devices=[]):
        noises = (Noise(form, scale=4.0, seed=seed) for seed in seeds)
        try:
            one, *others = (_run(point.wide, compute, noise, noise) for noise in noises)
        except Exception:  # in its own words, at the end of its domain
            still = compute(point.wide, point.wide.cotangents, None)
            return {name: torch.full_like(value.abs(), math.inf) for name, value in still.items()}
    apart = {name: [(other[name] - value).abs() for other in others] for name, value in one.items()}
    return {name: _pooled(torch.stack(apart[name]).amax(0), value) for name, value in one.items()}


def _pooled(apart: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    """How far the entries of one tensor tremble, given how far each was seen to: by luck, some stand still.

    Each trembles at least as much, relative to its size, as the tensor does relative to its largest entry; an entry
    that is no larger than the tensor's trembling is nothing but that.
    """
    if not apart.numel():
        return apart
    most, size = apart.nan_to_num(nan=0.0).amax(), value.abs().nan_to_num(nan=0.0)
    least = torch.where(size <= most, most, most * size / size.amax().clamp(min=Format.of(torch.float64).normal))
    return torch.maximum(apart, least)


def _run(wide: Point, compute: Computation, noise: Noise, given: Noise, *, labels: bool = False) -> Numbers:
    """The computation with ``noise`` in every operation, and noise in what it is ``given``: inputs and cotangents.

    Whole numbers in an input that does not move may be labels, for which there is no neighbour: they stay. So they do
    in any input where ``labels`` says so.
    """
    tensors: Tensors = {
        name: None if t is None else given.perturb(t) if name in wide.names and not labels else _but_whole(given, t)
        for name, t in wide.tensors.items()
    }
    twin, cotangents = wide.at(tensors), [given.perturb(ct) for ct in wide.cotangents]
    with noise:
        return compute(twin, cotangents, noise)


def _but_whole(given: Noise, t: torch.Tensor) -> torch.Tensor:
    moved = given.perturb(t)
    return moved if moved is t or t.is_complex() else torch.where(_is_whole(t), t, moved)


def _is_whole(t: torch.Tensor) -> torch.Tensor:
    return (t == t.round()) & (t.abs() <= LABELS)


def _floor(value: torch.Tensor, spread: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """The spread, and at least half a unit in the last place; NaN where nothing finite was seen."""
    half = ulp(value.abs().nan_to_num(nan=0.0, posinf=0.0, neginf=0.0), dtype) / 2
    return torch.maximum(spread, half)


def larger(left: Natural, right: Natural) -> Natural:
    """The larger natural error of each number; a deviation that is not a number says nothing.

    What overflow is natural, ``right`` says alone: the declared formula, not the algorithm that the op happens to use.
    """
    errors = {
        name: torch.fmax(error, right.errors[name].reshape(error.shape)) if name in right.errors else error
        for name, error in left.errors.items()
    }
    return Natural(left.values, errors, right.overflows)


def with_floor(natural: Natural, point: Point) -> Natural:
    """Adds the floor for numbers that are small by cancellation inside an op that cannot be looked into.

    u max|x| for an output: an op may take away what it added (log-softmax at a certain class). For a gradient of x
    u max|ct| max|y| / max|x|, which has its dimension (layer_norm over one element).
    """
    unit = Format.of(point.dtype).unit
    weight = largest(point.wide.cotangents) * largest(point.wide.select(point.wide.outputs))
    errors = dict(natural.errors)
    inputs = [t for name in point.names if (t := point.wide.tensors[name]) is not None]
    for name in [name for name in errors if name.startswith("output ")]:
        errors[name] = errors[name] + unit * largest(inputs)
    for name in point.names:
        size = largest([point.wide.primal(name)])
        if size and f"gradient {name}" in errors:
            errors[f"gradient {name}"] = errors[f"gradient {name}"] + unit * weight / size
    if "slope" in errors:
        errors["slope"] = errors["slope"] + unit * weight
    return Natural(natural.values, errors, natural.overflows)

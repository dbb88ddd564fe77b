"""The plainest call that an op takes, and that gives something to differentiate: found by trying."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import torch

from gradsuite.draft.call import Call, Given
from gradsuite.draft.choices import Choice, Setting, Value, by_cost, choices, settings
from gradsuite.draft.signature import Parameter, Signature, signatures
from gradsuite.errors import UsageError
from gradsuite.survival import survives

DEAREST = 8  # as much as a call may cost
FURTHER = 2  # what a better call may cost more than the first that is taken
EXTRA = 3  # what it costs to give an argument that has a default
LONGEST = 5.0  # seconds of trying
MEND = "write a function of tensors that calls it as it should be called, and draft that as package.module:function"


class Judged(NamedTuple):
    """A call that is taken, with what carries no gradient left still. ``is_good``: nothing is odd about it."""

    call: Call
    is_good: bool


class Refused(Exception):
    """Why a call is of no use."""


def search(op: Callable[..., Any], path: str) -> Call:
    """The cheapest call of ``op`` that is taken, with gradients that are finite and, if that can be had, not zero.

    Raises UsageError where none is found, which says what was tried. It is tried in a forked process first, for a
    kernel may end its own where sizes do not fit.
    """
    known = signatures(op)
    if not known:
        raise UsageError(f"{path} must be given something that is not a tensor or a number; {MEND}")
    if not any(p.kind in ("tensor", "tensors", "unsaid") for each in known for p in each):
        raise UsageError(f"{path} takes no tensor: there is nothing to differentiate")
    if not survives(partial(_searched, op, path, known)):
        raise UsageError(f"{path} ends or hangs the process on some tensors that do not fit; {MEND}")
    return _searched(op, path, known)


def _searched(op: Callable[..., Any], path: str, known: list[Signature]) -> Call:
    first, refusals, end = None, list[str](), time.monotonic() + LONGEST
    for cost, call in _calls(op, known):
        if time.monotonic() > end or (first is not None and cost > first[0] + FURTHER):
            break
        try:
            judged = judge(call)
        except Refused as refusal:
            refusals.append(str(refusal))
            continue
        if judged.is_good:
            return judged.call
        first = first or (cost, judged.call)
    if first is None:
        raise UsageError(f"{path} {_told(refusals)}; {MEND}")
    return first[1]


def _told(refusals: list[str]) -> str:
    if CONSTANT in refusals:
        return f"takes tensors, but {CONSTANT}"
    first = refusals[0] if refusals else "nothing could be drawn"
    return f"refuses all of {len(refusals)} calls, with tensors of 0 to 5 axes and plain arguments; the first: {first}"


def loosened(call: Call) -> Call:
    """The same call with axes of different sizes, as far as the op takes them as well."""
    wanted = judge(call).is_good
    sizes = {size for x in call.inputs.values() for size in x.shape}
    places = [(name, axis) for name, x in call.inputs.items() for axis in range(x.dim())]
    for name, axis in reversed(places):
        size = next(each for each in range(2, 99) if each not in sizes)
        resized = call.with_tensors({**call.inputs, name: _resized(call.inputs[name], axis, size)})
        try:
            judged = judge(resized)
        except Refused:
            continue
        if judged.is_good == wanted and judged.call.still == call.still:
            call = judged.call
            sizes.add(size)
    return call


def _resized(x: torch.Tensor, axis: int, size: int) -> torch.Tensor:
    """``x`` with ``size`` entries along ``axis``: its own, again and again, but no two real ones alike."""
    tiled = x.index_select(axis, torch.arange(size) % x.shape[axis])
    if not x.is_floating_point():
        return tiled
    return tiled + torch.rand(tiled.shape, generator=torch.Generator().manual_seed(size), dtype=x.dtype) / 64


# What is tried.

Way = tuple[int, tuple[Parameter, ...], list[list[Choice]]]  # a cost, what is given, and what each may be


def _calls(op: Callable[..., Any], known: list[Signature]) -> Iterator[tuple[int, Call]]:
    """Calls by their cost."""
    ways = [way for signature in known for way in _ways(signature)]
    for total in range(DEAREST + 1):
        for extra, parameters, lists in ways:
            for cost, setting in settings():
                for values in by_cost(lists, total - extra - cost):
                    given = _given(parameters, values, setting)
                    if any(each.tensors for each in given):
                        yield total, Call(op, given)


def _given(parameters: tuple[Parameter, ...], values: tuple[Value, ...], setting: Setting) -> tuple[Given, ...]:
    made = [Given(p, value(setting)) for p, value in zip(parameters, values, strict=True)]
    return tuple(made) if all(each.value is not None for each in made) else ()


def _ways(signature: Signature) -> Iterator[Way]:
    """With what must be given alone; then with one plain argument more, by its name."""
    required = tuple(p for p in signature if p.required)
    lists = [choices(p.kind, place) for place, p in enumerate(required)]
    yield 0, required, lists
    for p in signature:
        if not p.required and p.kind in ("int", "number", "ints"):
            yield EXTRA, (*required, replace(p, keyword=True)), [*lists, choices(p.kind, len(required))]


# What comes of it.

CONSTANT = "nothing that it returns carries a gradient"


def judge(call: Call) -> Judged:
    """Raises Refused where the op does not take the call, or what comes of it is not finite."""
    try:
        return _judged(call)
    except Refused as refusal:
        reals = [name for name, x in call.inputs.items() if x.is_floating_point()]
        if len(reals) < 2 or call.still:
            raise
        try:  # some have no derivative at all for a target, or a weight
            return _judged(replace(call, still=frozenset(reals[1:])))
        except Refused:
            raise refusal from None


def _judged(call: Call) -> Judged:
    leaves = call.leaves
    asked = {name: leaf for name, leaf in zip(call.inputs, leaves, strict=True) if leaf.requires_grad}
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        gradients = _gradients(call, leaves, list(asked.values()))
    still = call.still | {name for name, found in zip(asked, gradients, strict=True) if found is None}
    known = [found for found in gradients if found is not None]
    if not known:
        raise Refused(CONSTANT)
    good = not (still or warned) and all(bool(found.any()) for found in known)
    return Judged(replace(call, still=still), good)


def _gradients(call: Call, leaves: list[torch.Tensor], asked: list[torch.Tensor]) -> tuple[torch.Tensor | None, ...]:
    try:
        outputs = [y for y in call.outputs(*leaves) if y.requires_grad]
        if not outputs or not asked:
            raise Refused(CONSTANT)
        weights = [_weights(y) for y in outputs]
        found = torch.autograd.grad(outputs, asked, weights, allow_unused=True)
    except Refused:
        raise
    except Exception as error:  # whatever it is, the op does not take such inputs
        raise Refused(f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}") from None
    if not all(bool(torch.isfinite(x).all()) for x in (*outputs, *found) if x is not None):
        raise Refused("its value or gradient is not finite")
    return found


def _weights(y: torch.Tensor) -> torch.Tensor:
    """A cotangent with no pattern: of a sum, the gradient of a softmax would vanish."""
    generator = torch.Generator().manual_seed(y.numel())
    return torch.rand(y.shape, generator=generator, dtype=torch.float64).to(y.dtype) + 0.5

"""The gradient is that of the op alone, whatever other calls and neighbours there are.

Another call at other values comes between forward and backward, with its own backward before or after; a call of
another shape does; an earlier call used the same memory with other values; one tensor is passed for two inputs (the sum
of both gradients); and neighbours before and after saved what the op reads and gives (the chain rule). Each must give
what a call by itself gives, within twice the natural error. Outputs that are not used are for ``undefined_cotangents``,
values overwritten after the forward for ``inplace``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import combinations

import torch

from gradsuite.comparison import Check, Comparison
from gradsuite.errors import Unsupported
from gradsuite.inputs.plainer import smaller
from gradsuite.routes import sameness
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.memory import copied
from gradsuite.routes.neighbours import between_neighbours, one_for_two
from gradsuite.routes.point import Point
from gradsuite.routes.reverse import gradients
from gradsuite.routes.sameness import Condition, Numbers

PAIRS = 3  # of inputs for which one tensor is passed


def compare(evidence: Evidence) -> Iterator[Comparison]:
    """One comparison for each number under each condition."""
    if not evidence.point.selected:
        raise Unsupported("no output carries a gradient")
    yield from sameness.compare(evidence, list(_conditions(evidence.plain)))


def _conditions(evidence: Evidence) -> Iterator[Condition]:
    point = evidence.point
    here, there = sameness.alone(evidence, point), sameness.alone(evidence, point.at(point.nearby))
    yield Condition("another call", "another call comes before its backward", here, lambda: _between(here, there))
    yield Condition(
        "another call and backward", "another call, and the backward of that, come before its backward",
        here, lambda: _between(here, there, backward=True),
    )  # fmt: skip
    yield Condition(
        "an earlier backward",
        "the backward of an earlier call comes before its own",
        there,
        lambda: _after(here, there),
    )
    yield from _of_another_shape(here)
    yield Condition(
        "the same memory", "its memory held other values in an earlier call", here, lambda: _same_memory(here, there)
    )
    between = here.point.of(between_neighbours(here.subject))
    yield Condition("neighbours", "it stands between others", here, lambda: _everything(between.afresh()))
    yield from _one_for_two(here)


def _between(here: Evidence, there: Evidence, *, backward: bool = False) -> Numbers:
    mine, other = here.point.afresh(), there.point.afresh()
    found = _outputs(mine)
    _outputs(other)
    if backward:
        gradients(other)
    return {**found, **sameness.gradients_by_name(gradients(mine))}


def _after(here: Evidence, there: Evidence) -> Numbers:
    earlier, mine = here.point.afresh(), there.point.afresh()
    _outputs(earlier)
    found = _outputs(mine)
    gradients(earlier)
    return {**found, **sameness.gradients_by_name(gradients(mine))}


def _of_another_shape(here: Evidence) -> Iterator[Condition]:
    definition = here.subject.definition
    found = None if definition is None else next(smaller(definition, here.sample), None)
    if found is None:
        return
    other = Evidence(here.subject, found)

    def run() -> Numbers:
        mine = here.point.afresh()
        first = _outputs(mine)
        try:
            _everything(other.point.afresh())
        except Exception as error:  # the op may refuse another shape: that is no failure of this one
            raise Unsupported(f"it refuses another shape: {error}") from error
        return {**first, **sameness.gradients_by_name(gradients(mine))}

    yield Condition("a call of another shape", "a call of another shape comes before its backward", here, run)


def _same_memory(here: Evidence, there: Evidence) -> Numbers:
    own = {name: None if t is None else copied(t) for name, t in there.point.tensors.items()}
    _everything(there.point.at(own).afresh())
    for name in here.point.names:
        own[name].copy_(here.point.primal(name))  # type: ignore[union-attr]
    return _everything(here.point.at(own).afresh())


def _one_for_two(here: Evidence) -> Iterator[Condition]:
    pairs = [pair for pair in combinations(here.point.names, 2) if _alike(here, *pair)]
    for condition in [_shared(here, *pair) for pair in pairs[:PAIRS]]:
        with suppress(Exception):  # two equal values are not for every op
            sameness.ordinary(condition.at)
            yield condition


def _shared(here: Evidence, first: str, second: str) -> Condition:
    """One tensor for two inputs, beside the same values in a copy."""
    apart, one = (here.point.of(one_for_two(here.subject, first, second, apart=apart)) for apart in (True, False))
    at = Evidence(apart.subject, here.sample).at(apart)
    when = f"one tensor is passed for {first} and {second}"
    return Condition(f"{first} for {second}", when, at, lambda: _everything(one.afresh()))


def _alike(here: Evidence, first: str, second: str) -> bool:
    """Whether the values of one input may stand for those of the other."""
    one, other, definition = here.point.primal(first), here.point.primal(second), here.subject.definition
    same = definition is None or definition.inputs[first].domain == definition.inputs[second].domain
    return same and one.shape == other.shape and one.dtype == other.dtype


def _outputs(point: Point) -> dict[str, torch.Tensor]:
    return {f"output {i}": output for i, output in enumerate(point.outputs)}


def _everything(point: Point) -> Numbers:
    return {**_outputs(point), **sameness.gradients_by_name(gradients(point))}


CHECK = Check(compare, samples="few")

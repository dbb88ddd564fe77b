"""Values and gradients do not depend on how the inputs lie in memory.

The same values are given contiguous and in every other layout (transposed, as a part of a larger memory with NaN around
them, expanded with stride 0, in channels_last, lazily conjugated or negated), first of one input after the other, then
of all at once. Each output and each gradient must be the same, within twice its natural error; where elements share
their memory, the sum of their gradients, which is all that counts. Where the op refuses a layout, it is unsupported
there; on a kink, where another choice is as right, nothing is decided.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import torch

from gradsuite.comparison import Check, Comparison
from gradsuite.errors import Unsupported
from gradsuite.inputs import layouts
from gradsuite.routes import sameness
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.point import Point
from gradsuite.routes.sameness import Condition


def compare(evidence: Evidence) -> Iterator[Comparison]:
    """One comparison for each output and each gradient, for each layout of each input and of all at once."""
    yield from sameness.compare(evidence, list(_conditions(evidence.plain)))


def _conditions(evidence: Evidence) -> Iterator[Condition]:
    present = {name: t for name, t in evidence.point.tensors.items() if t is not None}
    for layout in layouts.names()[1:]:
        fitting = {name: t for name, t in present.items() if layouts.fits(layout, t)}
        for name, t in fitting.items():
            yield _condition(evidence, f"{name} {layout}", f"{name} is {layouts.get(layout).words}", layout, {name: t})
        if len(fitting) > 1:
            when = f"all inputs are {layouts.get(layout).words}"
            yield _condition(evidence, f"all inputs {layout}", when, layout, fitting)


def _condition(evidence: Evidence, name: str, when: str, layout: str, moved: Mapping[str, torch.Tensor]) -> Condition:
    laid = {each: layouts.lay_out(t, layout) for each, t in moved.items()}
    at = evidence
    if layouts.get(layout).repeats:  # other values: the outputs, too, may have another shape
        values = {**evidence.point.tensors, **{each: t.contiguous() for each, t in laid.items()}}
        at = evidence.at(Point(evidence.subject, replace(evidence.sample, tensors=values)))

    def there() -> Evidence:
        twin = at.at(at.point.at({**at.point.tensors, **laid}))
        try:
            _ = twin.point.graph
        except Exception as error:
            raise Unsupported(f"the op refuses that {when}") from error
        return twin

    shared = {f"gradient {each}": _shared(t) for each, t in laid.items()}
    return Condition.shown(name, when, at, there, chooses=True, shared=shared)


def _shared(t: torch.Tensor) -> tuple[int, ...]:
    return tuple(axis for axis, size in enumerate(t.shape) if size > 1 and not t.stride(axis))


CHECK = Check(compare, samples="few")

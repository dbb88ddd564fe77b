"""Each gradient is the same whichever other inputs require grad.

For every subset of the differentiable inputs (beyond five inputs: each alone, and all but each) the op runs afresh with
only these requiring grad. Each output, and each of their gradients, must be what it is when all require grad, within
twice its natural error. Backwards that ask ``ctx.needs_input_grad``, or save only what they think is needed, go wrong
here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

import torch

from gradsuite.comparison import Check, Comparison
from gradsuite.errors import Unsupported
from gradsuite.routes import sameness
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.point import Point
from gradsuite.routes.sameness import Condition

ALL_SUBSETS = 5  # inputs, of which every subset is tried


def compare(evidence: Evidence) -> Iterator[Comparison]:
    """One comparison for each subset and each input in it."""
    names = evidence.point.names
    if len(names) < 2:
        raise Unsupported("with one differentiable input there is no other that could require grad or not")
    yield from sameness.compare(evidence, [_condition(evidence, subset) for subset in _subsets(names)])


def _subsets(names: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    sizes = range(1, len(names)) if len(names) <= ALL_SUBSETS else (1, len(names) - 1)
    for size in sizes:
        yield from combinations(names, size)


def _condition(evidence: Evidence, subset: tuple[str, ...]) -> Condition:
    point = evidence.point

    def there() -> Evidence:
        twin = Point(evidence.subject, replace(evidence.sample, differentiable=subset)).at(point.tensors)
        weights = dict(zip(point.selected, point.afresh().cotangents, strict=True))
        found = evidence.at(twin.weighted([weights[i] for i in twin.selected]))
        if not twin.selected:  # no gradient comes back at all
            found.__dict__["gradients"] = {name: torch.zeros_like(point.primal(name)) for name in subset}
        return found

    only, verb = " and ".join(subset), "requires" if len(subset) == 1 else "require"
    return Condition.shown(f"only {only} {verb} grad", f"just {only} {verb} grad", evidence, there)


CHECK = Check(compare, samples="few")

"""Each gradient is the same whichever other inputs require grad.

For every subset of the differentiable inputs (beyond five inputs: each alone, and all but each) the op runs afresh with
only these requiring grad. Each of their gradients must be what it is when all require grad, within twice its natural
error, and the other inputs must be given none. Backwards that ask ``ctx.needs_input_grad``, or save only what they
think is needed, go wrong here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

from gradsuite.comparison import Check, Comparison
from gradsuite.errors import Unsupported
from gradsuite.routes import sameness
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.point import Point
from gradsuite.routes.reverse import gradients
from gradsuite.routes.sameness import Condition, Numbers

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

    def run() -> Numbers:
        twin = Point(evidence.subject, replace(evidence.sample, differentiable=subset)).at(point.tensors)
        weights = dict(zip(point.selected, point.afresh().cotangents, strict=True))
        found = gradients(twin, [weights[i] for i in twin.selected])
        return sameness.gradients_by_name(found)

    only = " and ".join(subset)
    verb = "requires" if len(subset) == 1 else "require"
    return Condition(f"only {only} {verb} grad", f"just {only} {verb} grad", evidence, run)


CHECK = Check(compare, samples="few")

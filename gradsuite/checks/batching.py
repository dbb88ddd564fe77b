"""Under vmap the op gives what it gives one by one.

Batched over all inputs, over their last axis, over each input alone and over constants as well, each entry's outputs
and gradients must be those of an ordinary call at the entry's values, with autograd around vmap and, for a custom
Function, inside it; and batched over cotangents, each entry's gradients those of an ordinary backward. All within twice
the natural error. An op that vmap refuses is unsupported, with the reason; so is a random one.
"""

from __future__ import annotations

from collections.abc import Iterator

from gradsuite.comparison import Check, Comparison
from gradsuite.errors import Unsupported
from gradsuite.results import Culprit
from gradsuite.routes import batched, graph, sameness
from gradsuite.routes.batched import Batch
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.point import Point
from gradsuite.routes.sameness import Condition

ALONE = 3  # inputs that are batched alone


def compare(evidence: Evidence) -> Iterator[Comparison]:
    """One comparison for each number in each arrangement."""
    if not evidence.point.selected:
        raise Unsupported("no output carries a gradient")
    if evidence.point.draws:
        raise Unsupported("a random op: each entry of a batch draws numbers of its own")
    found = sameness.unless_all_refuse(sameness.compare(evidence, list(_conditions(evidence.plain))))
    # Where an output is another, gradients in other arrangements only follow it.
    yield from [comparison for comparison in found if comparison.culprit is Culprit.FORWARD] or found


def _conditions(evidence: Evidence) -> Iterator[Condition]:
    here = sameness.alone(evidence, evidence.point)
    there = sameness.alone(evidence, evidence.point.at(evidence.point.nearby))
    names = here.point.names
    constants = tuple(n for n, t in here.point.tensors.items() if t is not None and n not in names)
    points = (here.point, there.point, here.point)
    yield _around(Batch(points, names), "inputs", here, 0)
    yield _around(Batch(points, names), "inputs (another entry)", there, 1)
    yield _around(Batch(points, names, axis=-1), "the last axis of its inputs", there, 1)
    for name in names[:ALONE] if len(names) > 1 else ():
        yield _around(Batch(points, (name,)), f"{name} alone", here, 0)
    if constants:
        yield _around(Batch(points, (*names, *constants)), "inputs and constants", there, 1)
    if any(graph.custom(here.point)):
        batch = Batch(points, names)
        when = "vmap batches the vector-Jacobian product"
        yield Condition("vjp under vmap", when, there, lambda: batched.autograd_inside(batch, 1))
    yield from _cotangents(here)


def _around(batch: Batch, over: str, at: Evidence, entry: int) -> Condition:
    return Condition(f"vmap over {over}", f"vmap batches {over}", at, lambda: batched.autograd_around(batch, entry))


def _cotangents(here: Evidence) -> Iterator[Condition]:
    point = here.point
    yield _row(point, "batched cotangents", here, 0)
    yield _row(point, "batched cotangents (another entry)", here.at(point.weighted(point.more_cotangents)), 1)


def _row(point: Point, name: str, at: Evidence, entry: int) -> Condition:
    rows = (point.cotangents, point.more_cotangents, point.cotangents)
    return Condition(name, "cotangents are batched", at, lambda: batched.over_cotangents(point, rows, entry))


CHECK = Check(compare, samples="first")

"""Gradients add up: over a second backward, into a ``.grad`` that holds something, over two uses of an output.

A second backward through a retained graph gives the same gradient; ``.backward()`` adds to a dirty ``.grad``, and twice
with two cotangents it gives the sum; two uses of an output give the gradient of the cotangents' sum; and a later
backward does not change where ``.grad`` was overwritten in place, as by ``zero_()``, which it does where the two share
memory with what was saved; nor after a backward from ones, which a product may take for nothing to multiply by. Each
within the natural errors of the gradients that are added. That ``.grad`` may share memory with the cotangent is no
fault here: torch's own views hand it on so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch

from gradsuite.comparison import Check, Comparison
from gradsuite.routes import sameness
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.point import Point
from gradsuite.routes.reverse import gradients, through
from gradsuite.routes.sameness import Condition, Numbers


def compare(evidence: Evidence) -> Iterator[Comparison]:
    """One comparison for each gradient and each way to add it up."""
    yield from sameness.compare(evidence, list(_conditions(evidence.plain)))


def _conditions(at: Evidence) -> Iterator[Condition]:
    def condition(name: str, when: str, run: Callable[[Point], Numbers], errors: int = 2) -> Condition:
        return Condition(name, when, at, lambda: run(_alone(at.point)), errors=errors)

    yield condition("second backward", "the backward runs a second time", _second)
    yield condition("added to .grad", "it is added to what .grad holds", lambda point: _added(point, at), errors=4)
    yield condition("twice into .grad", ".backward() runs twice into one .grad", _twice, errors=4)
    yield condition(".grad overwritten", ".grad was overwritten in place before", _overwritten)
    ones = at.at(at.point.weighted([torch.ones_like(ct) for ct in at.point.cotangents]))
    when = ".grad was overwritten in place after a backward from ones"
    yield Condition(".grad of ones overwritten", when, ones, lambda: _overwritten(_alone(ones.point)))
    yield _two_uses(at)


def _alone(point: Point) -> Point:
    """The point on memory of its own, values and cotangents: what is done to it spoils nothing."""
    return point.at({name: t if t is None else t.clone() for name, t in point.tensors.items()}).afresh()


def _second(point: Point) -> Numbers:
    through(point, [ct.clone() for ct in point.cotangents])
    return sameness.gradients_by_name(through(point))


def _added(point: Point, at: Evidence) -> Numbers:
    """Twice what is left of a gradient added to minus its half, which is exact and does not overflow."""
    for name, leaf in _leaves(point).items():
        leaf.grad = at.gradients[name] / -2
    _backward(point)
    return {f"gradient {name}": 2 * _grad(leaf) for name, leaf in _leaves(point).items()}


def _twice(point: Point) -> Numbers:
    """What is left where the gradient of another cotangent (minus a half: exact, as above) is taken away again."""
    other = gradients(point.afresh(), [ct / -2 for ct in point.cotangents])
    _backward(point)
    _backward(point, -1 / 2)
    return {f"gradient {name}": _grad(leaf) - other[name] for name, leaf in _leaves(point).items()}


def _overwritten(point: Point) -> Numbers:
    _backward(point)
    for leaf in _leaves(point).values():
        _grad(leaf).fill_(torch.nan)
    return sameness.gradients_by_name(gradients(point))


def _two_uses(at: Evidence) -> Condition:
    one, other = at.point.cotangents, at.point.more_cotangents
    both = at.at(at.point.weighted([a + b for a, b in zip(one, other, strict=True)]))

    def run() -> Numbers:
        point, weights = _alone(at.point), [ct.clone() for ct in (*one, *other)]
        return sameness.gradients_by_name(gradients(point, weights, point.selected * 2))

    return Condition("two uses", "the output is used twice", both, run)


def _backward(point: Point, factor: float = 1) -> None:
    """Into ``.grad``; the graph is kept, and the point's cotangents are not handed out, for ``.grad`` may keep them."""
    cotangents = [ct * factor for ct in point.cotangents]
    torch.autograd.backward(point.select(point.graph[1]), cotangents, retain_graph=True)


def _leaves(point: Point) -> dict[str, torch.Tensor]:
    """The leaves that require grad."""
    return {name: leaf for name, leaf in point.graph[0].items() if leaf is not None and name in point.names}


def _grad(leaf: torch.Tensor) -> torch.Tensor:
    return torch.zeros_like(leaf) if leaf.grad is None else leaf.grad


CHECK = Check(compare, samples="few")

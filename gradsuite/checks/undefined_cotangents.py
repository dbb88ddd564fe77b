"""An output that is not used counts as one with a cotangent of zeros.

Where a loss uses some of several outputs, the engine hands the backward None for the others (or zeros, unless
``set_materialize_grads(False)`` was said). Each output is left out, and each is used alone; and all are used by what
hands nothing back, as a backward may that returns None. Each gradient must be that of explicit zeros, within twice its
natural error.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from gradsuite.comparison import Check, Comparison
from gradsuite.errors import Unsupported
from gradsuite.routes import sameness
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.sameness import Condition, Numbers, gradients_by_name


def compare(evidence: Evidence) -> Iterator[Comparison]:
    """One comparison for each gradient and each choice of outputs."""
    outputs = evidence.point.selected
    if not outputs:
        raise Unsupported("no output carries a gradient")
    alone = [(i,) for i in outputs] if len(outputs) > 1 else []
    chosen = [*alone, *(tuple(i for i in outputs if i != left) for left in outputs if alone)]
    conditions = [_condition(evidence, used) for used in dict.fromkeys(chosen)]
    yield from sameness.compare(evidence, [*conditions, _nothing(evidence)])


class _HandsNothingBack(torch.autograd.Function):
    """The identity, whose backward returns None."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, ct: torch.Tensor) -> None:
        return None


def _nothing(evidence: Evidence) -> Condition:
    point = evidence.point
    at = evidence.at(point.weighted([torch.zeros_like(ct) for ct in point.cotangents]))

    def run() -> Numbers:
        fresh = point.afresh()
        leaves, outputs = fresh.graph
        with torch.enable_grad():
            ends = [_HandsNothingBack.apply(output) for output in fresh.select(outputs)]  # type: ignore[no-untyped-call]
        wanted = [leaf for name in fresh.names if (leaf := leaves[name]) is not None]
        found = torch.autograd.grad(ends, wanted, fresh.cotangents, allow_unused=True)
        pairs = zip(fresh.names, wanted, found, strict=True)
        return gradients_by_name({name: torch.zeros_like(leaf) if g is None else g for name, leaf, g in pairs})

    return Condition("nothing handed back", "what uses the outputs hands no gradient back", at, run)


def _condition(evidence: Evidence, used: tuple[int, ...]) -> Condition:
    point = evidence.point
    weights = zip(point.selected, point.cotangents, strict=True)
    at = evidence.at(point.weighted([ct if i in used else torch.zeros_like(ct) for i, ct in weights]))

    def there() -> Evidence:
        fresh = at.point.afresh()
        given = [ct for i, ct in zip(fresh.selected, fresh.cotangents, strict=True) if i in used]
        twin = fresh.weighted(given)
        twin.__dict__["selected"] = used
        return evidence.at(twin)

    alone = f"output{'s' * (len(used) > 1)} {' and '.join(map(str, used))} alone"
    return Condition.shown(f"{alone} used", f"{alone} {'are' if len(used) > 1 else 'is'} used", at, there)


CHECK = Check(compare, samples="few")

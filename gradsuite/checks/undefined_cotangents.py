"""An output that is not used counts as one with a cotangent of zeros.

Where a loss uses some of several outputs, the engine hands the backward None for the others (or zeros, unless
``set_materialize_grads(False)`` was said). Each output is left out, and each is used alone; each gradient must be that
of explicit zeros, within twice its natural error.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch

from gradsuite.comparison import Check, Comparison
from gradsuite.errors import Unsupported
from gradsuite.routes import sameness
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.sameness import Condition


def compare(evidence: Evidence) -> Iterator[Comparison]:
    """One comparison for each gradient and each choice of outputs."""
    outputs = evidence.point.selected
    if len(outputs) < 2:
        raise Unsupported("one output carries a gradient: a loss uses it, or there is no backward")
    chosen = [*((i,) for i in outputs), *(tuple(i for i in outputs if i != left) for left in outputs)]
    yield from sameness.compare(evidence, [_condition(evidence, used) for used in dict.fromkeys(chosen)])


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

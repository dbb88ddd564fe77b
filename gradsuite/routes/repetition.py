"""Whether an op gives the same when it is called again: only then can two of its calls be compared."""

from __future__ import annotations

import torch

from gradsuite.numerics.estimate import Agreement
from gradsuite.numerics.precision import widen
from gradsuite.routes.elementwise import match
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.memory import same


def repeats(evidence: Evidence) -> bool:
    """Whether a second forward in the widest dtype gives the same outputs, within their natural errors."""
    wide = evidence.at(evidence.point.wide)
    first, again = wide.point.outputs, wide.point.at(wide.point.tensors).outputs
    if same(first, again):
        return True
    pairs = enumerate(zip(first, again, strict=True))
    return not any(beyond(wide, f"output {i}", one, other) for i, (one, other) in pairs)


def beyond(evidence: Evidence, key: str, expected: torch.Tensor, got: torch.Tensor) -> bool:
    """Whether the two are further apart than rounding explains; either may be the one that is not finite.

    ``key`` names the natural error: ``output 0`` or ``gradient x``. What has none must be the same bit by bit.
    """
    if key not in evidence.natural.errors:
        return not same([expected], [got])
    errors, overflows = evidence.natural.errors[key], evidence.natural.overflows
    pairs = ((expected, got), (got, expected))
    return any(match(a, widen(b), errors, overflows=overflows).agreement is Agreement.DISAGREE for a, b in pairs)

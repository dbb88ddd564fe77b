"""Two computations that must be equal: their difference, held against the natural error of that difference."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from gradsuite.numerics.estimate import Agreement
from gradsuite.numerics.precision import widen
from gradsuite.routes.elementwise import match
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.natural import Computation, natural_error


@dataclass(frozen=True)
class Gap:
    """One named residual: whether it is zero within its natural error, and its worst element."""

    name: str
    agreement: Agreement
    ratios: tuple[float, ...]
    where: str
    size: float


def residuals(evidence: Evidence, compute: Computation, *, salt: int) -> Iterator[Gap]:
    """Judges each number of ``compute``, which is zero in exact arithmetic, as computed in the tested dtype."""
    natural = natural_error(evidence.point, compute, salt=salt)
    found = compute(evidence.point, evidence.point.cotangents, None)
    for name, value in found.items():
        zero = torch.zeros_like(natural.values[name])
        wide = widen(value).reshape(zero.shape)
        result = match(wide, zero, natural.errors[name], overflows=natural.overflows)
        size = wide.abs().reshape(-1)[result.worst].item() if result.worst is not None else 0.0
        yield Gap(name, result.agreement, result.ratios, result.place(tuple(zero.shape)), size)

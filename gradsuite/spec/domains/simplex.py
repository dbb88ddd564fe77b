"""Positive numbers that sum to one along a dimension: probabilities of classes.

Only positivity ends the domain: the formulas of ops that take probabilities go on off the simplex.
"""

from typing import Any

from gradsuite.spec.domain import Bounds, DomainKind


def _normalise(x: Any, dim: int) -> Any:
    return x / x.sum(dim, keepdims=True)


DOMAIN = DomainKind(
    "simplex",
    "x > 0, and the sum of x along dim is 1",
    ("dim",),
    bounds=lambda dim: Bounds(low=0.0, low_open=True),
    shape=_normalise,
)

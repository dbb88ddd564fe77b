"""A closed interval."""

from gradsuite.spec.domain import Bounds, DomainKind

DOMAIN = DomainKind(
    "closed", "low <= x <= high", ("low", "high"), bounds=lambda low, high: Bounds(float(low), float(high))
)

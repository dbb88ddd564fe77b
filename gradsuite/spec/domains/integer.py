"""Integers between two others, both included. They carry no gradient."""

from gradsuite.spec.domain import Bounds, DomainKind

DOMAIN = DomainKind(
    "integer", "an integer, low <= x <= high", ("low", "high"), "integer", lambda low, high: Bounds(low, high)
)

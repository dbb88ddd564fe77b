"""Indices into a dimension of a size, and sometimes one more value, which the op ignores."""

from gradsuite.spec.domain import Bounds, DomainKind

DOMAIN = DomainKind(
    "indices_or",
    "an integer, 0 <= x < size, or x == ignore",
    ("size", "ignore"),
    "integer",
    bounds=lambda size, ignore: Bounds(0, size - 1),
    extras=lambda size, ignore: (ignore,),
)

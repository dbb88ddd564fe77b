"""Indices into a dimension of a size: from zero, below the size."""

from gradsuite.spec.domain import Bounds, DomainKind

DOMAIN = DomainKind("index", "an integer, 0 <= x < size", ("size",), "integer", lambda size: Bounds(0, size - 1))

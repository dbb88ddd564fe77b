"""The closed unit interval."""

from gradsuite.spec.domain import Bounds, DomainKind

DOMAIN = DomainKind("unit", "0 <= x <= 1", bounds=lambda: Bounds(0.0, 1.0))

"""The closed half-line above zero."""

from gradsuite.spec.domain import Bounds, DomainKind

DOMAIN = DomainKind("nonnegative", "x >= 0", bounds=lambda: Bounds(low=0.0))

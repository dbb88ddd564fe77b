"""The open half-line above zero."""

from gradsuite.spec.domain import Bounds, DomainKind

DOMAIN = DomainKind("positive", "x > 0", bounds=lambda: Bounds(low=0.0, low_open=True))

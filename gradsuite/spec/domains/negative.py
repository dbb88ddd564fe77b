"""The open half-line below zero."""

from gradsuite.spec.domain import Bounds, DomainKind

DOMAIN = DomainKind("negative", "x < 0", bounds=lambda: Bounds(high=0.0, high_open=True))

"""Angles at which the tangent is small."""

from gradsuite.spec.domain import Bounds, DomainKind

DOMAIN = DomainKind("angle", "-1 < x < 1", bounds=lambda: Bounds(-1.0, 1.0, low_open=True, high_open=True))

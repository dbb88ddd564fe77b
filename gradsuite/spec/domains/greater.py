"""The open half-line above a number."""

from gradsuite.spec.domain import Bounds, DomainKind

DOMAIN = DomainKind("greater", "x > low", ("low",), bounds=lambda low: Bounds(low=float(low), low_open=True))

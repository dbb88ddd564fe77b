"""The open half-line below a number."""

from gradsuite.spec.domain import Bounds, DomainKind

DOMAIN = DomainKind("less", "x < high", ("high",), bounds=lambda high: Bounds(high=float(high), high_open=True))

"""The line without zero."""

from gradsuite.spec.domain import DomainKind

DOMAIN = DomainKind("nonzero", "x != 0", holes=lambda: (0.0,))

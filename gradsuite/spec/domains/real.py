"""The whole real line (the whole plane, for complex values)."""

from gradsuite.spec.domain import DomainKind

DOMAIN = DomainKind("real", "any real number")

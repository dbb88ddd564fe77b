"""True and false. They carry no gradient."""

from gradsuite.spec.domain import Bounds, DomainKind

DOMAIN = DomainKind("boolean", "true or false", kind="boolean", bounds=lambda: Bounds(0, 1))

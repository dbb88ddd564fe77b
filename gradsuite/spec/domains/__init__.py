"""The domains, one a module: a module here that defines ``DOMAIN`` is found, and nothing else is edited."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType

from gradsuite.spec.domain import Bounds, DomainKind

__all__ = ["Bounds", "DomainKind", "get", "names"]


@cache
def _registry() -> Mapping[str, DomainKind]:
    modules = (import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__))
    kinds: list[DomainKind] = [module.DOMAIN for module in modules]
    return MappingProxyType({kind.name: kind for kind in sorted(kinds, key=lambda kind: kind.name)})


def names() -> tuple[str, ...]:
    """The name of every domain, sorted."""
    return tuple(_registry())


def get(name: str) -> DomainKind:
    """The domain called ``name``. Raises KeyError where there is none."""
    return _registry()[name]

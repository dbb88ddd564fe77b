"""The domains, one a module: a module here that defines ``DOMAIN`` is found, and nothing else is edited.

Other projects add theirs as ``extensions`` says; the name of such a domain is that under which it is added.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib import import_module
from types import MappingProxyType

from gradsuite import extensions
from gradsuite.spec.domain import Bounds, DomainKind

__all__ = ["Bounds", "DomainKind", "get", "names"]


@cache
def _shipped() -> Mapping[str, DomainKind]:
    modules = (import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__))
    kinds: list[DomainKind] = [module.DOMAIN for module in modules]
    return MappingProxyType({kind.name: kind for kind in kinds})


def names() -> tuple[str, ...]:
    """The name of every domain, sorted."""
    return tuple(sorted((*_shipped(), *extensions.added("domains", _shipped()))))


def get(name: str) -> DomainKind:
    """The domain called ``name``. Raises KeyError where there is none."""
    if extension := extensions.added("domains").get(name):
        return replace(extension.defined("DOMAIN", DomainKind), name=name)
    return _shipped()[name]

"""The checks, one a module: a module here that defines ``CHECK`` is found, and nothing else is edited.

The module's name is the check's name; its docstring is what the report and ``gradsuite explain`` print. Those in the
folder ``on_request`` run only where they are asked for by name. Other projects add theirs as ``extensions`` says.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from inspect import getdoc
from types import ModuleType

from gradsuite import extensions
from gradsuite.checks import on_request
from gradsuite.comparison import Check


def names() -> tuple[str, ...]:
    """The name of every check that runs unless others are asked for, sorted; no check is imported."""
    shipped = _modules()
    return tuple(sorted((*shipped, *extensions.added("checks", (*shipped, *_on_request())))))


def requestable() -> tuple[str, ...]:
    """The name of every check, those on request among them, sorted; no check is imported."""
    return tuple(sorted((*names(), *_on_request())))


def get(name: str) -> Check:
    """The check called ``name``. Raises ModuleNotFoundError where there is none."""
    if extension := extensions.added("checks").get(name):
        return extension.defined("CHECK", Check)
    check: Check = _module(name).CHECK
    return check


def describe(name: str) -> str:
    """The check's docstring."""
    return getdoc(_module(name)) or ""


def _module(name: str) -> ModuleType:
    if extension := extensions.added("checks").get(name):
        return extension.load()
    return import_module(f"{__name__}.on_request.{name}" if name in _on_request() else f"{__name__}.{name}")


def _modules() -> tuple[str, ...]:
    return tuple(found.name for found in pkgutil.iter_modules(__path__) if not found.ispkg)


def _on_request() -> tuple[str, ...]:
    return tuple(found.name for found in pkgutil.iter_modules(on_request.__path__))

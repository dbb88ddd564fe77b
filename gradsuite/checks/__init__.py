"""The checks, one a module: a module here that defines ``CHECK`` is found, and nothing else is edited.

The module's name is the check's name; its docstring is what the report and ``gradsuite explain`` print.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from inspect import getdoc

from gradsuite.comparison import Check


def names() -> tuple[str, ...]:
    """The name of every check, sorted; no check is imported."""
    return tuple(sorted(found.name for found in pkgutil.iter_modules(__path__)))


def get(name: str) -> Check:
    """The check called ``name``. Raises ModuleNotFoundError where there is none."""
    check: Check = import_module(f"{__name__}.{name}").CHECK
    return check


def describe(name: str) -> str:
    """The check's docstring."""
    return getdoc(import_module(f"{__name__}.{name}")) or ""

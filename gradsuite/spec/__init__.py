"""Specs: from files to checked definitions, or every fault at once. Importing this imports no torch."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradsuite.spec.loader import find, load, load_all
    from gradsuite.spec.waivers import Waiver, Waivers, load_waivers

__all__ = ["Waiver", "Waivers", "find", "load", "load_all", "load_waivers"]

_HOMES = {"find": "loader", "load": "loader", "load_all": "loader"}


def __getattr__(name: str) -> Any:
    """Each public name from its module, on first use."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'waivers')}"), name)

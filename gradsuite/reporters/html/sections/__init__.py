"""The page's sections, one a module: ``ORDER``, ``TITLE`` (its word in the navigation, may be empty), ``ANCHOR`` and
``render(merged)``, which gives the section's markup or nothing. A module here is found by that alone."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module

from markupsafe import Markup

from gradsuite.reporters.merge import Merged


@dataclass(frozen=True)
class Section:
    """A part of the page, ready to be placed."""

    title: str
    anchor: str
    body: Markup


def rendered(merged: Merged) -> Iterator[Section]:
    """Every section that has something to say, in order."""
    modules = [import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
    for module in sorted(modules, key=lambda module: (module.ORDER, module.__name__)):
        body = module.render(merged)
        if body:
            yield Section(module.TITLE, module.ANCHOR, body)

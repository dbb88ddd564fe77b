"""The page's sections, one a module: ``ORDER``, ``TITLE`` (its word in the navigation, may be empty), ``ANCHOR`` and
``render(merged)``, which gives the section's markup or nothing. A module here is found by that alone.

Other projects add theirs as ``extensions`` says. What such a section returns as a plain string is text, not markup.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module

from markupsafe import Markup, escape

from gradsuite import extensions
from gradsuite.extensions import Extension
from gradsuite.reporters.merge import Merged


@dataclass(frozen=True)
class Section:
    """A part of the page, ready to be placed."""

    title: str
    anchor: str
    body: Markup


def rendered(merged: Merged) -> Iterator[Section]:
    """Every section that has something to say, in order."""
    placed = [*_shipped(merged), *_added(merged)]
    for _, section in sorted(placed, key=lambda each: each[0]):
        if section.body:
            yield section


def _shipped(merged: Merged) -> Iterator[tuple[tuple[float, str], Section]]:
    for found in pkgutil.iter_modules(__path__):
        module = import_module(f"{__name__}.{found.name}")
        yield (module.ORDER, found.name), Section(module.TITLE, module.ANCHOR, module.render(merged))


def _added(merged: Merged) -> Iterator[tuple[tuple[float, str], Section]]:
    """One that somebody else wrote may not take the page with it: what it raises stands in its place."""
    for name, extension in extensions.added("sections").items():
        try:
            module = extension.load()
            place, made = float(module.ORDER), Section(module.TITLE, module.ANCHOR, escape(module.render(merged)))
        except Exception as error:
            place, made = 0.0, Section("", f"section-{name}", _missing(extension, error))
        yield (place, name), made


def _missing(extension: Extension, error: Exception) -> Markup:
    told = Markup("<h2>{}</h2><p>{} could not be made: {}: {}</p>")
    return told.format(extension.name, str(extension), type(error).__name__, str(error))

"""What other projects add: ops, domains, layouts, checks, devices and sections of the report, each a module of theirs.

A module outside looks as one inside does: that of a check defines ``CHECK``, that of a section ``render``. There are
two ways to say where it is, and nothing is imported before it is asked for.

An installed package names it in an entry point, and every gradsuite in that environment knows it, the command line's
too. The group is ``gradsuite.`` and the family, the entry point's name is the name of what is added::

    [project.entry-points."gradsuite.checks"]
    scaling = "kernels.grad.scaling"

A test suite names it in its ``conftest.py``, for its own run (``gradsuite.plugin.hookspecs``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module, metadata
from types import ModuleType
from typing import TypeVar

from gradsuite.errors import UsageError

T = TypeVar("T")
NOUNS = {
    "specs": "folder of specs",
    "domains": "domain",
    "layouts": "layout",
    "checks": "check",
    "devices": "device",
    "sections": "section",
}


@dataclass(frozen=True)
class Extension:
    """A module that somebody adds to a family; ``origin`` says who, for messages."""

    family: str
    name: str
    module: str
    origin: str

    def __str__(self) -> str:
        return f"the {NOUNS[self.family]} {self.name!r} of {self.origin}"

    def load(self) -> ModuleType:
        """The module. Raises UsageError where it cannot be imported."""
        try:
            return import_module(self.module)
        except Exception as error:  # somebody else's module: it may raise anything
            why = f"{type(error).__name__}: {error}"
            raise UsageError(f"{self}: the module {self.module!r} cannot be imported: {why}") from error

    def defined(self, name: str, kind: type[T]) -> T:
        """What the module defines under ``name``. Raises UsageError where that is no ``kind``."""
        found = getattr(self.load(), name, None)
        if not isinstance(found, kind):
            raise UsageError(f"{self}: the module {self.module!r} must define {name}, a {kind.__qualname__}")
        return found


_ADDED: dict[str, dict[str, Extension]] = {family: {} for family in NOUNS}  # for the time of a test run


def added(family: str, shipped: Iterable[str] = ()) -> Mapping[str, Extension]:
    """What is added to ``family``, by name.

    Raises UsageError where two add the same name, or somebody one that is ``shipped`` with gradsuite.
    """
    found = dict(_ADDED[family])
    for each in _installed(family):
        if each.name in found:
            raise UsageError(f"{each} has the name of {found[each.name]}: rename one")
        found[each.name] = each
    for name in sorted({*shipped} & {*found}):
        raise UsageError(f"{found[name]} has the name of one of gradsuite's own: rename it")
    return found


@contextmanager
def adding(family: str, modules: Mapping[str, str], origin: str) -> Iterator[None]:
    """Adds ``modules`` (by name, the dotted path of each) to ``family`` while the body runs.

    Raises UsageError for what is no name or no dotted path, and for a name that is taken.
    """
    known = _ADDED[family]
    fresh = {name: _extension(family, name, path, origin) for name, path in modules.items()}
    for name in fresh:
        if name in known:
            raise UsageError(f"{fresh[name]} has the name of {known[name]}: rename one")
    known.update(fresh)
    try:
        yield
    finally:
        for name in fresh:
            del known[name]


def _extension(family: str, name: str, module: str, origin: str) -> Extension:
    """Names become parts of the ids of cases, so they are Python's; the module is named, not imported."""
    made = Extension(family, name, module, origin)
    if not isinstance(name, str) or not name.isidentifier():
        raise UsageError(f"{made}: {name!r} is no name; use letters, digits and underscores")
    if not isinstance(module, str) or not all(part.isidentifier() for part in module.split(".")):
        raise UsageError(f"{made}: {module!r} is no module; give its dotted path, such as 'package.module'")
    return made


@cache
def _installed(family: str) -> tuple[Extension, ...]:
    """The entry points of one family, in the order of their names; one that is found twice over counts once."""
    points = {(point.name, point.value): point for point in metadata.entry_points(group=f"gradsuite.{family}")}
    return tuple(
        _extension(family, name, value, f"the package {point.dist.name}" if point.dist else "an installed package")
        for (name, value), point in sorted(points.items())
    )

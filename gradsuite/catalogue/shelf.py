"""Where each op has its page: readable addresses that no text from a spec can lead astray."""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from gradsuite.spec.definition import Spec

INDEX, LANGUAGE, CHECKS = "index.html", "language.html", "checks.html"


@dataclass(frozen=True)
class Shelf:
    """The specs in reading order, each with the address of its page in the site."""

    specs: tuple[Spec, ...]

    @classmethod
    def of(cls, specs: Iterable[Spec]) -> Shelf:
        """``specs`` by family, then by name."""
        return cls(tuple(sorted(specs, key=lambda spec: (spec.family, spec.name, spec.path))))

    @cached_property
    def addresses(self) -> Mapping[tuple[str, str], str]:
        """``activation/softmax.html`` by path and name of the spec; no two differ in case alone."""
        taken: set[str] = set()
        found = {}
        for spec in self.specs:
            address = f"{slug(spec.family)}/{slug(spec.name)}.html"
            if address.lower() in taken:
                address = f"{slug(spec.family)}/{slug(spec.name)}-{_digest(spec.path, spec.name)}.html"
            taken.add(address.lower())
            found[spec.path, spec.name] = address
        return found

    @cached_property
    def families(self) -> Mapping[str, tuple[Spec, ...]]:
        """The specs of each family."""
        names = dict.fromkeys(spec.family for spec in self.specs)
        return {name: tuple(spec for spec in self.specs if spec.family == name) for name in names}

    @cached_property
    def by_path(self) -> Mapping[str, Spec]:
        """By the op's dotted path; of several specs for one op, the first."""
        return {spec.op: spec for spec in reversed(self.specs)}

    @cached_property
    def by_name(self) -> Mapping[str, Spec]:
        """By short name; of several ops of that name, the first."""
        return {spec.name: spec for spec in reversed(self.specs)}

    def address(self, spec: Spec) -> str:
        """The page's address, from the site's root."""
        return self.addresses[spec.path, spec.name]

    def beside(self, spec: Spec) -> tuple[Spec | None, Spec | None]:
        """The specs before and after ``spec``."""
        place = self.specs.index(spec)
        before = self.specs[place - 1] if place else None
        after = self.specs[place + 1] if place + 1 < len(self.specs) else None
        return before, after


def link(here: str, there: str) -> str:
    """The address of ``there`` as the page ``here`` must write it; an anchor after # is kept."""
    path, mark, anchor = there.partition("#")
    return posixpath.relpath(path, posixpath.dirname(here) or ".") + mark + anchor


def slug(name: str) -> str:
    """``name`` in letters that need no escape in an address; told apart by a digest where that loses anything."""
    plain = re.sub(r"[^A-Za-z0-9_]+", "-", name).strip("-")[:60]
    return plain if plain and plain == name else f"{plain or 'op'}-{_digest(name)}"


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:6]

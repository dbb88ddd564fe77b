"""The first page: every op by family, with its derivative where that is short."""

from __future__ import annotations

from dataclasses import dataclass

from gradsuite.catalogue import equations
from gradsuite.catalogue.measured import Measured, measured
from gradsuite.catalogue.shelf import INDEX
from gradsuite.catalogue.site import Site
from gradsuite.spec.definition import Spec

_SHORT = 30  # characters of a derivative that has room in a row


@dataclass(frozen=True)
class Row:
    """One op. ``words`` are what the search looks through."""

    spec: Spec
    mathml: str
    measured: Measured | None
    words: str


def render(site: Site) -> str:
    """The index. Without script all of it is there; with script it can be searched."""
    families = [(name, [_row(site, spec) for spec in specs]) for name, specs in site.shelf.families.items()]
    known = {(spec.path, spec.name) for spec in site.shelf.specs}
    others = [each for each in site.merged.pages if (each.op.path, each.op.name) not in known]
    return site.page("index.html", INDEX, families=families, others=len(others))


def _row(site: Site, spec: Spec) -> Row:
    words = (spec.name, spec.op, spec.family, spec.summary, spec.reference)
    return Row(spec, _derivative(spec), measured(site.merged, spec), " ".join(words).lower())


def _derivative(spec: Spec) -> str:
    """The first derivative that is short enough."""
    for definition in spec.definitions:
        for name, given in definition.derivative.items():
            if len(given.formula.text) <= _SHORT:
                return equations.derivative(next(iter(definition.forward), "y"), name, given)
    return ""

"""Everything that the pages are made from, and how one page names another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from importlib import resources
from typing import Any

from markupsafe import Markup

from gradsuite.catalogue import equations, prose
from gradsuite.catalogue.measured import meanings
from gradsuite.catalogue.relations import Relations
from gradsuite.catalogue.shelf import CHECKS, INDEX, LANGUAGE, Shelf, link, slug
from gradsuite.reporters.html.policy import policy
from gradsuite.reporters.html.templates import asset, environment
from gradsuite.reporters.merge import Merged
from gradsuite.spec import Waivers
from gradsuite.spec.formula import FUNCTIONS

_TEMPLATES = environment("gradsuite.catalogue")
_TEMPLATES.filters.update(anchor=slug, spoken=prose.spoken)


@dataclass(frozen=True)
class Site:
    """The specs, what was recorded of them, and the waivers in force."""

    shelf: Shelf
    merged: Merged
    waivers: Waivers

    @cached_property
    def relations(self) -> Relations:
        """Which op names which."""
        return Relations.among(self.shelf)

    @cached_property
    def meanings(self) -> Mapping[str, Sequence[str]]:
        """What each recorded check means."""
        return meanings(self.merged)

    def page(self, template: str, here: str, **context: Any) -> str:
        """The page at ``here``: ``template`` in the site's frame, with its style sheet and its script in itself."""
        style, script = asset("page.css") + _own("catalogue.css"), _own("catalogue.js")
        return _TEMPLATES.get_template(template).render(
            site=self,
            here=here,
            to=partial(link, here),
            places=[("Ops", INDEX), ("Language", LANGUAGE), *([("Checks", CHECKS)] if self.meanings else [])],
            policy=policy(style, script),
            style=style,
            script=script,
            **context,
        )

    def linked(self, here: str, text: str, functions: Mapping[str, str] | None = None) -> Markup:
        """A formula's text on the page ``here``: its functions lead to the glossary, the ops it names to their pages.

        ``functions`` are the short names of an equivalence with their dotted paths.
        """

        def address(name: str) -> str | None:
            return link(here, f"{LANGUAGE}#f-{name}") if name in FUNCTIONS else None

        return equations.linked(text, address, {n: self.op(here, path) for n, path in (functions or {}).items()})

    def op(self, here: str, path: str) -> str | None:
        """The page of the op with that dotted path, as ``here`` writes it; None where it has none."""
        spec = self.shelf.by_path.get(path)
        return link(here, self.shelf.address(spec)) if spec else None


def _own(name: str) -> Markup:
    """The catalogue's own style sheet or script, word for word."""
    file = resources.files("gradsuite.catalogue").joinpath("templates", name)
    return Markup(file.read_text(encoding="utf-8"))

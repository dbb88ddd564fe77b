"""The catalogue: a static site made from specs and recorded lines, for people who learn how a backward comes about.

It needs no torch to be made, and neither network nor script to be read. Its links are relative: it works from a
folder as well as below any address.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from gradsuite.catalogue import index, language, page
from gradsuite.catalogue.shelf import CHECKS, INDEX, LANGUAGE, Shelf
from gradsuite.catalogue.site import Site
from gradsuite.reporters.merge import merge
from gradsuite.results import Line
from gradsuite.spec import Waivers
from gradsuite.spec.definition import Spec

__all__ = ["pages", "write"]


def pages(specs: Iterable[Spec], lines: Iterable[Line] = (), waivers: Waivers | None = None) -> Mapping[str, str]:
    """The text of every page by its address: an index, one page an op, the language, and the checks of the run."""
    site = Site(Shelf.of(specs), merge(lines), waivers or Waivers())
    made = {INDEX: index.render(site), LANGUAGE: language.render(site)}
    if site.meanings:
        made[CHECKS] = site.page("checks.html", CHECKS)
    return made | {site.shelf.address(spec): page.render(site, spec) for spec in site.shelf.specs}


def write(made: Mapping[str, str], directory: Path) -> Path:
    """Write the pages below ``directory``, made if absent; gives the path of the index."""
    for address, text in made.items():
        path = directory / address
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", errors="replace")
    return directory / INDEX

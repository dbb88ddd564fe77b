"""The page of one op."""

from __future__ import annotations

from markupsafe import Markup

from gradsuite.catalogue.author import Author
from gradsuite.catalogue.items import parts
from gradsuite.catalogue.measured import measured
from gradsuite.catalogue.site import Site
from gradsuite.devices import names as device_names
from gradsuite.plan import dtypes_of, plan
from gradsuite.reporters.html.drawings import graph
from gradsuite.spec.definition import Spec
from gradsuite.spec.waivers import Waiver


def render(site: Site, spec: Spec) -> str:
    """The page of ``spec``."""
    here = site.shelf.address(spec)
    author = Author(site, spec, here)
    shared, *variants = [author.part(part) for part in parts(spec)]
    found = measured(site.merged, spec)
    drawn = graph.draw(found.op.graph) if found and found.op.graph else Markup("")
    before, after = site.shelf.beside(spec)
    return site.page(
        "op.html",
        here,
        spec=spec,
        dtypes=dtypes_of(spec),
        shared=shared,
        variants=variants,
        measured=found,
        graph=drawn,
        waivers=_waivers(site, spec),
        named=site.relations.named[spec.op],
        naming=site.relations.naming[spec.op],
        family=[other for other in site.shelf.families[spec.family] if other is not spec],
        before=before,
        after=after,
    )


def _waivers(site: Site, spec: Spec) -> list[Waiver]:
    """The waivers that cover a case of ``spec`` on any known device."""
    cases = [case.id for case in plan([spec], devices=device_names())]
    return [each for each in site.waivers.entries if any(map(each.covers, cases))]

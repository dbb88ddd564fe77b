"""How much the checks would notice: mutants of each op's own gradient, and those that passed."""

from __future__ import annotations

from markupsafe import Markup

from gradsuite.reporters import mutants
from gradsuite.reporters.html import anchors
from gradsuite.reporters.html.templates import fill
from gradsuite.reporters.merge import Merged

ORDER, TITLE, ANCHOR = 80, "Mutants", "mutants"


def render(merged: Merged) -> Markup:
    """The share over all ops, and each op with a survivor."""
    total = mutants.count(p.result for p in merged.placed)
    if total is None:
        return Markup("")
    found = [(page, anchors.of_op(page.op), mutants.count(p.result for p in page.placed)) for page in merged.pages]
    measured = [(page, anchor, counted) for page, anchor, counted in found if counted]
    return fill("mutants.html", total=total, ops=len(measured), alive=[each for each in measured if each[2].survivors])

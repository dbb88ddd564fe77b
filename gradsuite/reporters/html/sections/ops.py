"""A section for each op: its mathematics, its graph, what was measured, and each failure as a story."""

from __future__ import annotations

from markupsafe import Markup

from gradsuite.reporters import mutants
from gradsuite.reporters.html import anchors, measured, precision, stories
from gradsuite.reporters.html.chosen import TOLD, Chosen, chosen, key
from gradsuite.reporters.html.drawings import graph
from gradsuite.reporters.html.templates import fill
from gradsuite.reporters.merge import Merged, OpPage
from gradsuite.results import Outcome

ORDER, TITLE, ANCHOR = 50, "Ops", "ops"
_OPEN = 10  # sections: more would make a page on which much failed slow to open


def render(merged: Merged) -> Markup:
    """All ops; the first in which something failed stand open."""
    if not merged.pages:
        return Markup("")
    budget, told = stories.Budget(), chosen(merged)
    return fill("ops.html", merged=merged, bodies=[_op(merged, page, told, budget) for page in merged.pages])


def _op(merged: Merged, page: OpPage, told: Chosen, budget: stories.Budget) -> Markup:
    worth = [placed for placed in page.placed if placed.result.outcome in TOLD]
    own = [placed for placed in worth if key(placed) in told]
    opened = len(merged.pages) < 4 or (page.verdict in (Outcome.FAILED, Outcome.ERROR) and budget.sections < _OPEN)
    budget.sections += opened
    return fill(
        "op.html",
        merged=merged,
        page=page,
        anchor=anchors.of_op(page.op),
        opened=opened,
        fold=Markup("" if opened else "<noscript>"),
        unfold=Markup("" if opened else "</noscript>"),
        graph=graph.draw(page.op.graph) if page.op.graph else Markup(""),
        table=measured.table(merged, page, told),
        precision=precision.render(merged, page),
        mutants=mutants.count(p.result for p in page.placed),
        reasons=measured.reasons(merged, page),
        stories=[stories.tell(merged, page, placed, budget) for placed in own],
        left_out=len(worth) - len(own),
    )

"""A section for each op: its mathematics, its graph, what was measured, and each failure as a story."""

from __future__ import annotations

from markupsafe import Markup

from gradsuite.reporters import mutants
from gradsuite.reporters.html import anchors, measured, stories
from gradsuite.reporters.html.drawings import graph
from gradsuite.reporters.html.templates import fill
from gradsuite.reporters.merge import Merged, OpPage
from gradsuite.results import Outcome

ORDER, TITLE, ANCHOR = 50, "Ops", "ops"
_TOLD = (Outcome.FAILED, Outcome.ERROR, Outcome.WAIVED)


def render(merged: Merged) -> Markup:
    """All ops, closed unless something failed there."""
    if not merged.pages:
        return Markup("")
    budget = stories.Budget()
    return fill("ops.html", merged=merged, bodies=[_op(merged, page, budget) for page in merged.pages])


def _op(merged: Merged, page: OpPage, budget: stories.Budget) -> Markup:
    return fill(
        "op.html",
        merged=merged,
        page=page,
        anchor=anchors.of_op(page),
        opened=page.verdict in (Outcome.FAILED, Outcome.ERROR) or len(merged.pages) < 4,
        graph=graph.draw(page.op.graph) if page.op.graph else Markup(""),
        table=measured.table(merged, page),
        precision=measured.precision(merged, page),
        mutants=mutants.count(page.placed),
        reasons=measured.reasons(merged, page),
        stories=[stories.tell(merged, page, p, budget) for p in page.placed if p.result.outcome in _TOLD],
    )

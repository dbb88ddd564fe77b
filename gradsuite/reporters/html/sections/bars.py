"""Whether the differences know their own error: how often the true slope lay within their bar."""

from __future__ import annotations

from markupsafe import Markup

from gradsuite.reporters import bars
from gradsuite.reporters.html import anchors
from gradsuite.reporters.html.templates import fill
from gradsuite.reporters.merge import Merged

ORDER, TITLE, ANCHOR = 85, "Bars", "bars"


def render(merged: Merged) -> Markup:
    """The share over all ops, and each op at which a bar was too narrow."""
    total = bars.count(merged.placed)
    if total is None:
        return Markup("")
    found = [(page, anchors.of_op(page.op), bars.count(page.placed)) for page in merged.pages]
    narrow = [(page, anchor, counted) for page, anchor, counted in found if counted and counted.held < counted.judged]
    return fill("bars.html", total=total, narrow=narrow)

"""Every case in one table, to be sorted and filtered; and what the page's script knows of the cases."""

from __future__ import annotations

from markupsafe import Markup

from gradsuite.reporters.html.known import known
from gradsuite.reporters.html.templates import fill
from gradsuite.reporters.merge import Merged

ORDER, TITLE, ANCHOR = 60, "Cases", "cases"


def render(merged: Merged) -> Markup:
    """The data, and the place where the script lays the table out."""
    return fill("cases.html", known=known(merged)) if merged.placed else Markup("")

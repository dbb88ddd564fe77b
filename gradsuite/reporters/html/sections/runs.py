"""Where and how each run was made."""

from __future__ import annotations

from markupsafe import Markup

from gradsuite.reporters.html.templates import fill
from gradsuite.reporters.merge import Merged

ORDER, TITLE, ANCHOR = 20, "", "environment"


def render(merged: Merged) -> Markup:
    """One card for each environment."""
    return fill("runs.html", merged=merged) if merged.runs else Markup("")

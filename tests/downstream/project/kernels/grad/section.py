"""A section of the report: how many of our ops were run."""

from __future__ import annotations

from markupsafe import Markup

from gradsuite.reporters.merge import Merged

ORDER, TITLE, ANCHOR = 25, "Kernels", "kernels"


def render(merged: Merged) -> Markup:
    """Nothing where none was."""
    ours = [page.op.name for page in merged.pages if page.op.op.startswith("kernels")]
    return Markup("<h2>Kernels</h2><p>Ours: {}</p>").format(", ".join(ours)) if ours else Markup("")

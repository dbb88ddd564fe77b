"""``index.html``: one self-contained page, readable without script and without network."""

from __future__ import annotations

from gradsuite.reporters import words
from gradsuite.reporters.html import script, sections
from gradsuite.reporters.html.policy import policy
from gradsuite.reporters.html.sections import matrix
from gradsuite.reporters.html.templates import asset, fill
from gradsuite.reporters.merge import Merged

FILE = "index.html"
__all__ = ["FILE", "render"]


def render(merged: Merged) -> str:
    """The page. Its policy allows this style sheet and this script by their hashes, and nothing else at all."""
    style, act = asset("page.css") + matrix.widths(merged), script.whole()
    page = fill(
        "page.html",
        policy=policy(style, act),
        style=style,
        script=act,
        title=f"gradsuite: {words.headline(merged)}",
        verdict=merged.verdict,
        sections=list(sections.rendered(merged)),
    )
    return str(page)

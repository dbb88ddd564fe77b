"""``index.html``: one self-contained page, readable without script and without network."""

from __future__ import annotations

import base64
import hashlib

from gradsuite.reporters import words
from gradsuite.reporters.html import sections
from gradsuite.reporters.html.templates import asset, fill
from gradsuite.reporters.merge import Merged

FILE = "index.html"
__all__ = ["FILE", "render"]


def render(merged: Merged) -> str:
    """The page. Its policy allows this style sheet and this script by their hashes, and nothing else at all."""
    style, script = asset("page.css"), asset("page.js")
    policy = (
        f"default-src 'none'; style-src {_digest(style)}; script-src {_digest(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    page = fill(
        "page.html",
        policy=policy,
        style=style,
        script=script,
        title=f"gradsuite: {words.headline(merged)}",
        verdict=merged.verdict,
        sections=list(sections.rendered(merged)),
    )
    return str(page)


def _digest(content: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"

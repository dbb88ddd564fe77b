"""A page of its own beside the report: same style, no script at all, and a policy that allows nothing else."""

from __future__ import annotations

from typing import Any

from gradsuite.reporters.html.policy import policy
from gradsuite.reporters.html.templates import asset, fill


def render(template: str, **context: Any) -> str:
    """``template``, which extends ``sheet.html``, as a self-contained page in the report's style."""
    style = asset("page.css") + asset("sheet.css")
    return str(fill(template, style=style, policy=policy(style), **context))

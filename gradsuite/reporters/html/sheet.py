"""A page of its own beside the report: same style, no script at all, and a policy that allows nothing else."""

from __future__ import annotations

from importlib import resources
from typing import Any

from markupsafe import Markup

from gradsuite.reporters.html import templates
from gradsuite.reporters.html.policy import policy


def render(template: str, **context: Any) -> str:
    """``template``, which extends ``sheet.html``, as a self-contained page."""
    style = _style()
    return str(templates.fill(template, style=style, policy=policy(style), **context))


def _style() -> Markup:
    """The report's style sheet and what these pages have beside it."""
    folder = resources.files(templates.__name__)
    return Markup("").join(Markup(folder.joinpath(f"{name}.css").read_text("utf-8")) for name in ("page", "sheet"))

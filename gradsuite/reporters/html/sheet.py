"""A page of its own beside the report: same style, no script at all, and a policy that allows nothing else."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from gradsuite.reporters.html.templates import asset, fill


def render(template: str, **context: Any) -> str:
    """``template``, which extends ``sheet.html``, as a self-contained page."""
    style = asset("page.css") + asset("sheet.css")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return str(fill(template, style=style, policy=policy, **context))

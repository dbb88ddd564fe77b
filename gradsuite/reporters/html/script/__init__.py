"""The page's script, one concern a file. Comfort only: verdict, matrix and failures can be read without it."""

from __future__ import annotations

from importlib import resources

from markupsafe import Markup

_FILES = (
    "elements", "folding", "data", "query", "filtering", "listing", "sorting", "copying", "links", "keys", "main",
)  # fmt: skip


def whole() -> Markup:
    """All files as one script: its hash stands in the page's policy. Each file uses what stands before it."""
    folder = resources.files(__name__)
    body = "\n".join(folder.joinpath(f"{name}.js").read_text(encoding="utf-8") for name in _FILES)
    return Markup(f'"use strict";\n(() => {{\n{body}}})();\n')

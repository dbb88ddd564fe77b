"""What each check holds, in the words of its own docstring, as the run recorded them."""

from __future__ import annotations

from markupsafe import Markup

from gradsuite.reporters.html.templates import fill
from gradsuite.reporters.merge import Merged

ORDER, TITLE, ANCHOR = 90, "Checks", "checks"


def render(merged: Merged) -> Markup:
    """One entry for each check that was run and recorded with its meaning."""
    recorded = {name: text for run in merged.runs for name, text in run.environment.checks.items()}
    meanings = [(name, *_parts(recorded[name])) for name in merged.checks if name in recorded]
    return fill("checks.html", meanings=meanings) if meanings else Markup("")


def _parts(text: str) -> tuple[str, list[str]]:
    """The first sentence, and the paragraphs after it."""
    first, *rest = text.split("\n\n")
    return " ".join(first.split()), [" ".join(paragraph.split()) for paragraph in rest]

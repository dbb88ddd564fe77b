"""The verdict, in one line and in one bar."""

from __future__ import annotations

from markupsafe import Markup

from gradsuite.reporters import words
from gradsuite.reporters.html.drawings import svg
from gradsuite.reporters.html.templates import fill
from gradsuite.reporters.merge import Merged
from gradsuite.results import Outcome

ORDER, TITLE, ANCHOR = 10, "", "verdict"
_WIDTH, _LEAST = 1000.0, 8.0


def render(merged: Merged) -> Markup:
    """Headline, tally and legend."""
    return fill(
        "verdict.html",
        headline=words.headline(merged),
        tone=Outcome.FAILED if merged.counts[Outcome.FAILED] else merged.verdict,
        counts=[(outcome, merged.counts[outcome]) for outcome in words.GLYPH if merged.counts[outcome]],
        bar=_bar(merged),
        ops=len(merged.pages),
        merged=merged,
    )


def _bar(merged: Merged) -> Markup:
    """Shares of the outcomes; even a single case is wide enough to be seen."""
    counts = [(outcome, merged.counts[outcome]) for outcome in words.GLYPH if merged.counts[outcome]]
    total = sum(count for _, count in counts)
    if not total:
        return Markup("")
    widths = [max(_LEAST, _WIDTH * count / total) for _, count in counts]
    parts, x = [], 0.0
    for (outcome, _), width in zip(counts, widths, strict=True):
        share = width * _WIDTH / sum(widths)
        parts.append(svg.rectangle(x, 0, max(share - 2, 1), 10, outcome.value))
        x += share
    spoken = ", ".join(f"{count:,} {outcome.value}" for outcome, count in counts)
    drawn = svg.figure(_WIDTH, 10, parts, title=spoken, css="tally")
    return Markup(str(drawn).replace("<svg ", '<svg preserveAspectRatio="none" ', 1))

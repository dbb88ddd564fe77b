"""What failed: each mistake once, with the cases that show it; what could not be run; spec files with faults."""

from __future__ import annotations

from markupsafe import Markup

from gradsuite.reporters.html import anchors
from gradsuite.reporters.html.chosen import chosen, key
from gradsuite.reporters.html.templates import fill
from gradsuite.reporters.merge import Merged, Placed
from gradsuite.results import Outcome

ORDER, TITLE, ANCHOR = 30, "Findings", "findings"
_MOST = 100


def render(merged: Merged) -> Markup:
    """A list of links to the stories."""
    errors = _errors(merged)
    told, counted = chosen(merged), {key(placed): k for k, placed in enumerate(merged.placed)}
    if not merged.findings and not merged.faults and not errors:
        return Markup("")
    return fill(
        "findings.html",
        findings=merged.findings[:_MOST],
        left_out=max(0, len(merged.findings) - _MOST),
        errors=errors[:_MOST],
        more_errors=max(0, len(errors) - _MOST),
        faults=merged.faults[:_MOST],
        more_faults=max(0, len(merged.faults) - _MOST),
        merged=merged,
        place=lambda placed: anchors.of_case(placed) if key(placed) in told else anchors.of_op(placed.result),
        numbers=lambda cases: " ".join(str(counted[key(placed)]) for placed in cases),  # as the script counts them
    )


def _errors(merged: Merged) -> list[tuple[str, str, list[Placed]]]:
    """Cases that could not be run, by op and reason."""
    grouped: dict[tuple[str, str], list[Placed]] = {}
    for placed in merged.placed:
        if placed.result.outcome is Outcome.ERROR:
            grouped.setdefault((placed.result.name, placed.result.reason), []).append(placed)
    return [(name, reason, cases) for (name, reason), cases in grouped.items()]

"""How reports put things: numbers, counts, outcomes, culprits. Plain text, escaped by whoever shows it."""

from __future__ import annotations

import math
import re

from gradsuite.reporters.merge import Merged
from gradsuite.results import Culprit, Failure, Outcome, Told

GLYPH = {
    Outcome.PASSED: "✓",
    Outcome.FAILED: "✕",
    Outcome.ERROR: "!",
    Outcome.INCONCLUSIVE: "?",
    Outcome.WAIVED: "w",
    Outcome.UNSUPPORTED: "–",
}
MEANING = {
    Outcome.PASSED: "every comparison stayed within its derived bound",
    Outcome.FAILED: "a comparison left its bound",
    Outcome.ERROR: "the case could not be run",
    Outcome.INCONCLUSIVE: "the bars are too wide to decide",
    Outcome.WAIVED: "a known defect, recorded with a reason",
    Outcome.UNSUPPORTED: "nothing to check: the op does not take this, or the spec declares none",
}
BLAME = {
    Culprit.BACKWARD: "the backward is wrong",
    Culprit.DOUBLE_BACKWARD: "the double backward is wrong",
    Culprit.JVP: "the forward-mode derivative is wrong",
    Culprit.FORWARD: "the op computes something else",
    Culprit.SPEC: "the spec is wrong",
    Culprit.DOMAIN: "the spec's domain or kinks are wrong",
    Culprit.UNDECIDED: "the routes do not say who",
}
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def replayed(told: Told) -> str:
    """The command that runs a stored sample again."""
    declared = told.stored.origin.declared if told.stored else None
    known = declared is None or declared.importable or (declared.module is not None and declared.module.built)
    place = "" if known else " --op package.module:function"
    return f"gradsuite replay {one_line(told.id)}{place}"


def number(value: float | None) -> str:
    """``value`` to three digits, as people write it: ``1,234``, ``0.0312``, ``4.1e−9``, ``∞``."""
    if value is None or math.isnan(value):
        return "–" if value is None else "NaN"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == int(value) and abs(value) < 1e6:
        return f"{int(value):,}".replace("-", "−")
    return _trimmed(f"{value:.3g}").replace("-", "−")


def _trimmed(text: str) -> str:
    """Without the padding of an exponent: 1e-09 becomes 1e-9."""
    return re.sub(r"e([+-])0*(\d)", lambda m: "e" + m[1].replace("+", "") + m[2], text)


def counted(count: int, noun: str) -> str:
    """``1 case``, ``3,412 cases``."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def clean(text: str) -> str:
    """``text`` without control characters and direction overrides, which could disguise what is shown."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def clip(text: str, limit: int) -> str:
    """At most ``limit`` characters of ``text``; says how many are left out."""
    return text if len(text) <= limit else f"{text[:limit]} … ({len(text) - limit:,} more characters)"


def one_line(text: str, limit: int = 500) -> str:
    """``text`` in one line, without control characters: a recorded message cannot steer the terminal."""
    return clip(" ".join(clean(text).split()), limit)


def headline(merged: Merged) -> str:
    """The verdict in one sentence."""
    total, counts = sum(merged.counts.values()), merged.counts
    if counts[Outcome.FAILED]:
        return f"{counts[Outcome.FAILED]:,} of {counted(total, 'case')} failed"
    if counts[Outcome.ERROR]:
        return f"{counted(counts[Outcome.ERROR], 'case')} could not be run"
    if merged.faults:
        return f"{counted(len(merged.faults), 'fault')} in spec files"
    return _quiet(merged, total)


def _quiet(merged: Merged, total: int) -> str:
    """The headline where nothing failed."""
    counts = merged.counts
    if not total:
        return "Nothing was run"
    if counts[Outcome.INCONCLUSIVE]:
        return f"Nothing failed, {counts[Outcome.INCONCLUSIVE]:,} of {counted(total, 'case')} inconclusive"
    if not counts[Outcome.PASSED]:
        return "Nothing was decided: every case is waived or unsupported"
    return f"All {counted(counts[Outcome.PASSED], 'decided case')} held"


def story(failure: Failure) -> str:
    """The failure's sentence, which names the culprit, with what the mistake looks like and where it shows."""
    blame = BLAME[failure.culprit]
    sentence = failure.sentence if failure.sentence.startswith(blame) else f"{blame}: {failure.sentence}"
    looks = f" ({failure.hint})" if failure.hint else ""
    return f"{sentence}{looks}; {failure.when}" if failure.when else f"{sentence}{looks}"

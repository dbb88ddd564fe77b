"""What the page's script knows of each case: enough to filter, to sort and to link. The rest it finds in the page."""

from __future__ import annotations

import math

from gradsuite.reporters import words
from gradsuite.reporters.html import anchors
from gradsuite.reporters.merge import Lane, Merged, OpPage, Placed

OUTCOMES = tuple(words.GLYPH)
_MESSAGE, _MESSAGES = 300, 300_000  # characters of one message, and of all


def known(merged: Merged) -> dict[str, object]:
    """Names once, and each op's cases as short rows of numbers, in the order of the page.

    A row is place, outcome, samples, milliseconds, message, ULPs and ratio, cut where the rest is unknown. The place
    counts through checks, then dtypes, then lanes.
    """
    messages = _Messages()
    ops = [_op(merged, page, messages) for page in merged.pages]
    return {
        "outcomes": [[outcome.value, words.GLYPH[outcome]] for outcome in OUTCOMES],
        "checks": [_named(check) for check in merged.checks],
        "dtypes": [_named(dtype) for dtype in merged.dtypes],
        "lanes": [_lane(merged, lane) for lane in merged.lanes],
        "ops": ops,
        "messages": list(messages.numbers),
        "cut": messages.cut,
    }


class _Messages:
    """What cases say of themselves, each sentence once, with the culprit that it names: ``[culprit, text]``."""

    def __init__(self) -> None:
        self.numbers: dict[tuple[str, str], int] = {("", ""): 0}
        self.spent = 0
        self.cut = False

    def number(self, placed: Placed) -> int:
        """The number of the case's message; 0 for a new one where there is no more room."""
        message = _message(placed)
        if message not in self.numbers:
            self.spent += len(message[1])
            if self.spent > _MESSAGES:
                self.cut = True
                return 0
            self.numbers[message] = len(self.numbers)
        return self.numbers[message]


def _message(placed: Placed) -> tuple[str, str]:
    result = placed.result
    parts = [result.reason, *(words.story(failure) for failure in result.failures[:1])]
    culprit = result.failures[0].culprit.value if result.failures else ""
    return culprit, words.clip(words.clean(" ".join(filter(None, parts))), _MESSAGE)


def _named(name: str) -> list[str]:
    return [words.clip(words.clean(name), 60), anchors.word(name)]


def _lane(merged: Merged, lane: Lane) -> list[str]:
    """Label, place's name, device, run."""
    label, device = (words.clip(words.clean(name), 60) for name in (merged.label(lane), lane.device))
    return [label, anchors.lane_word(lane), device, merged.runs[lane.run].label]


def _op(merged: Merged, page: OpPage, messages: _Messages) -> dict[str, object]:
    op = page.op
    told = {"name": op.name, "op": op.op, "path": op.path, "family": op.family, "summary": op.summary}
    return {
        **{key: words.clip(words.clean(text), 200) for key, text in told.items()},
        "word": anchors.op_word(op.path, op.name),
        "cases": [_row(merged, placed, messages) for placed in page.placed],
    }


def _row(merged: Merged, placed: Placed, messages: _Messages) -> list[object]:
    result, checks, dtypes = placed.result, merged.checks, merged.dtypes
    lane = merged.lanes.index(placed.lane)
    place = (lane * len(dtypes) + dtypes.index(result.dtype)) * len(checks) + checks.index(result.check)
    figures = _worst(placed)
    row = [place, OUTCOMES.index(result.outcome), result.samples, round(1000 * result.seconds)]
    return _trimmed([*row, messages.number(placed) or None, *figures])


def _worst(placed: Placed) -> list[object]:
    """The largest error in ULP and over the natural error, over all samples, or of the failure."""
    measures, failures = placed.result.measures, placed.result.failures[:1]
    ulps = [measures.worst_ulps, *(failure.ulps for failure in failures)]
    ratios = [measures.worst_ratio, *(failure.ratio for failure in failures)]
    return [_number(max((v for v in values if v is not None), default=None)) for values in (ulps, ratios)]


def _number(value: float | None) -> object:
    """To three digits; JSON has no infinities and no NaN, the script reads them from these words."""
    if value is None or math.isfinite(value):
        return value if value is None else float(f"{value:.3g}")
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _trimmed(row: list[object]) -> list[object]:
    """Without what is unknown at its end."""
    while row[-1] is None:
        row.pop()
    return row

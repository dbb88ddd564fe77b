"""How reports put numbers and verdicts."""

from __future__ import annotations

import math

import pytest

from gradsuite.reporters import words
from gradsuite.reporters.merge import merge
from gradsuite.results import Culprit, Outcome
from tests.reporters import recorded


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (math.nan, "NaN"),
        (-math.inf, "−∞"),
        (12345.0, "12,345"),
        (-0.03125, "−0.0312"),
        (4.1e-9, "4.1e−9"),
        (1.78956970e8, "1.79e8"),
        (0.0, "0"),
    ],
)
def test_number(value: float | None, text: str) -> None:
    assert words.number(value) == text


def test_every_outcome_and_culprit_has_its_words() -> None:
    assert set(words.GLYPH) == set(words.MEANING) == set(Outcome)
    assert set(words.BLAME) == set(Culprit)
    assert len(set(words.GLYPH.values())) == len(Outcome)


def test_headlines() -> None:
    good = recorded.case(recorded.softmax(), "value", "float64")

    def headline(*outcomes: Outcome) -> str:
        cases = [good.model_copy(update={"id": f"{k}", "outcome": o}) for k, o in enumerate(outcomes)]
        return words.headline(merge(cases))

    assert headline(Outcome.PASSED, Outcome.FAILED, Outcome.ERROR) == "1 of 3 cases failed"
    assert headline(Outcome.PASSED, Outcome.ERROR) == "1 case could not be run"
    assert headline(Outcome.PASSED, Outcome.INCONCLUSIVE) == "Nothing failed, 1 of 2 cases inconclusive"
    assert headline(Outcome.PASSED, Outcome.PASSED, Outcome.UNSUPPORTED) == "All 2 decided cases held"
    assert headline(Outcome.UNSUPPORTED).startswith("Nothing was decided")
    assert headline() == "Nothing was run"


def test_clean_shows_what_would_disguise() -> None:
    assert words.clean("a\x1b[31mb\u202ec\n") == "a\N{REPLACEMENT CHARACTER}[31mb\N{REPLACEMENT CHARACTER}c\n"


def test_a_story_names_the_culprit_once() -> None:
    assert words.story(recorded.wrong_spec()).count("the spec is wrong") == 1
    silent = recorded.wrong_spec().model_copy(update={"sentence": "two routes differ", "hint": ""})
    assert words.story(silent) == "the spec is wrong: two routes differ"

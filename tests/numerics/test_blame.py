"""Who is wrong: the whole table of the numerics page, and what lies between its rows."""

from __future__ import annotations

import pytest

from gradsuite.numerics.blame import Ballot, blame
from gradsuite.numerics.estimate import Estimate
from gradsuite.results import Culprit

RIGHT, WRONG = 1.0, 2.0

# What each route says, whether the formula is proven and the op's values are the declared ones; whom a disagreement
# of ``accused`` falls on.
TABLE: dict[str, tuple[dict[str, float], bool | None, bool | None, str, Culprit]] = {
    "formula and differences agree, autograd does not": (
        {"reverse": WRONG, "differences": RIGHT, "formula": RIGHT}, True, True, "reverse", Culprit.BACKWARD),
    "the same, and forward mode is right": (
        {"reverse": WRONG, "forward_mode": RIGHT, "differences": RIGHT, "formula": RIGHT},
        True, True, "reverse", Culprit.BACKWARD),
    "autograd and differences agree, the formula does not": (
        {"reverse": RIGHT, "differences": RIGHT, "formula": WRONG}, False, True, "reverse", Culprit.SPEC),
    "the same with forward mode": (
        {"reverse": RIGHT, "forward_mode": RIGHT, "differences": RIGHT, "formula": WRONG},
        False, True, "reverse", Culprit.SPEC),
    "autograd and formula agree, differences do not": (
        {"reverse": RIGHT, "differences": WRONG, "formula": RIGHT}, True, True, "reverse", Culprit.DOMAIN),
    "formula proven, forward values differ": (
        {"reverse": WRONG, "differences": WRONG, "formula": RIGHT}, True, False, "reverse", Culprit.FORWARD),
    "forward values differ, and the backward fits neither": (
        {"reverse": 3.0, "differences": WRONG, "formula": RIGHT}, True, False, "reverse", Culprit.BACKWARD),
    "reverse and differences agree, forward mode does not": (
        {"reverse": RIGHT, "forward_mode": WRONG, "differences": RIGHT}, None, None, "forward_mode", Culprit.JVP),
    "the same with a proven formula": (
        {"reverse": RIGHT, "forward_mode": WRONG, "differences": RIGHT, "formula": RIGHT},
        True, True, "forward_mode", Culprit.JVP),
    "no spec: differences outweigh the backward": (
        {"reverse": WRONG, "differences": RIGHT}, None, None, "reverse", Culprit.BACKWARD),
    "no spec: both rules agree, and the op's values do not": (
        {"reverse": WRONG, "forward_mode": WRONG, "differences": RIGHT}, None, None, "reverse", Culprit.BACKWARD),
    "wrong in the tested dtype alone": (
        {"reverse": WRONG, "reference": RIGHT}, None, None, "reverse", Culprit.BACKWARD),
    "the spec is wrong, and the backward too": (
        {"reverse": 3.0, "differences": RIGHT, "formula": WRONG}, False, True, "reverse", Culprit.BACKWARD),
    "the double backward alone": (
        {"second": WRONG, "differences": RIGHT, "formula": RIGHT}, True, True, "second", Culprit.DOUBLE_BACKWARD),
    "nothing decides": ({"reverse": RIGHT}, None, None, "reverse", Culprit.UNDECIDED),
}  # fmt: skip


@pytest.mark.parametrize("row", TABLE)
def test_the_table(row: str) -> None:
    votes, proven, values_agree, accused, expected = TABLE[row]
    ballot = Ballot({route: Estimate(value, 1e-9) for route, value in votes.items()}, proven, values_agree)
    culprit, sentence = blame(ballot, accused)
    assert culprit is expected
    assert sentence


def test_wide_bars_accuse_nobody() -> None:
    votes = {"reverse": Estimate(1.0, 5.0), "differences": Estimate(2.0, 5.0), "forward_mode": Estimate(0.0, 5.0)}
    assert blame(Ballot(votes), "reverse")[0] is Culprit.UNDECIDED


@pytest.mark.parametrize("accused", ["reverse", "forward_mode"])
def test_rules_that_disagree_while_differences_allow_both_accuse_nobody(accused: str) -> None:
    votes = {"reverse": Estimate(RIGHT, 1e-9), "forward_mode": Estimate(WRONG, 1e-9), "differences": Estimate(1.5, 1.0)}
    assert blame(Ballot(votes), accused)[0] is Culprit.UNDECIDED


def test_a_route_that_did_not_vote_is_not_heard() -> None:
    assert Ballot({"reverse": Estimate(1.0, 0.0)}).agree("reverse", "differences") is None


@pytest.mark.parametrize("accused", ["reverse", "forward_mode"])
def test_the_two_rules_disagree_and_the_one_that_differences_support_is_right(accused: str) -> None:
    """Whoever is accused first, the culprit is the same."""
    votes = {"reverse": RIGHT, "forward_mode": WRONG, "differences": RIGHT}
    assert blame(Ballot({r: Estimate(v, 1e-9) for r, v in votes.items()}), accused)[0] is Culprit.JVP


def test_a_sentence_names_who_is_wrong() -> None:
    ballot = Ballot({"reverse": Estimate(WRONG, 1e-9), "differences": Estimate(RIGHT, 1e-9)})
    assert "the backward is wrong" in blame(ballot)[1]

"""Who is wrong: the routes vote, each with its bar, and one function decides over all pairs.

The order of trust is the order of evidence. A formula that was proven, and whose forward the op computes, is
the truth. Without one, the op's own values are facts: differences of them outweigh any rule that claims to
be their derivative. A route that knows nothing at this point (an infinite bar) does not vote.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gradsuite.numerics.estimate import Estimate
from gradsuite.results import Culprit

RULES = ("reverse", "forward_mode")


@dataclass(frozen=True)
class Ballot:
    """The votes on one number, and what is known beside them.

    ``votes`` by route: reverse, forward_mode, differences, formula, reference. ``proven`` says whether the declared
    derivative is that of the declared forward (None: not known); ``values_agree`` whether the op computes the
    declared forward at this point (None: no forward declared).
    """

    votes: Mapping[str, Estimate]
    proven: bool | None = None
    values_agree: bool | None = None

    def agree(self, left: str, right: str) -> bool | None:
        """Whether two routes agree within their bars; None where one of them did not vote."""
        if left not in self.votes or right not in self.votes:
            return None
        return self.votes[left].agrees(self.votes[right])


def blame(ballot: Ballot, accused: str = "reverse") -> tuple[Culprit, str]:
    """The culprit and one sentence that says why, where route ``accused`` disagrees with another."""
    if ballot.proven is False:
        return _disproven(ballot, accused)
    if ballot.values_agree is False and ballot.agree(accused, "differences") is not False:
        return (
            Culprit.FORWARD,
            "the op does not compute what the spec says: its values differ from the declared forward",
        )
    if ballot.proven and ballot.agree(accused, "formula") is False:
        return _culprit(
            accused
        ), f"{_noun(accused)} is wrong: it disagrees with the formula, which is proven at this sample"
    if ballot.proven and ballot.agree("differences", "formula") is False:
        return (
            Culprit.DOMAIN,
            "not a defect: differences step across a kink or out of the domain that the spec declares",
        )
    if ballot.agree(accused, "differences") is False:
        return _against_values(ballot, accused)
    return _against_reference(ballot, accused)


def _disproven(ballot: Ballot, accused: str) -> tuple[Culprit, str]:
    if ballot.agree(accused, "differences") is False:
        return _culprit(
            accused
        ), f"{_noun(accused)} is wrong: it disagrees with differences of the op's values; the spec is wrong, too"
    return Culprit.SPEC, "the spec is wrong: the declared derivative is not the derivative of the declared forward"


def _against_values(ballot: Ballot, accused: str) -> tuple[Culprit, str]:
    other = RULES[1 - RULES.index(accused)] if accused in RULES else None
    if ballot.agree("differences", "formula"):
        reason = "the formula and the differences agree, it does not"
    elif other and ballot.agree("differences", other):
        reason = f"{_noun(other)} and the differences agree, it does not"
    elif other and ballot.agree(accused, other):
        reason = f"it agrees with {_noun(other)}, but neither with the op's own values"
    else:
        reason = "it disagrees with differences of the op's own values"
    return _culprit(accused), f"{_noun(accused)} is wrong: {reason}"


def _against_reference(ballot: Ballot, accused: str) -> tuple[Culprit, str]:
    if ballot.agree(accused, "reference") is False:
        return _culprit(
            accused
        ), f"{_noun(accused)} is wrong in this dtype: in float64 the same op agrees with the other routes"
    if ballot.agree("reverse", "forward_mode") is False:
        wrong = [route for route in RULES if ballot.agree(route, "differences") is False]
        if wrong:
            return blame(ballot, wrong[0])
    return _undecided()


def _undecided() -> tuple[Culprit, str]:
    return Culprit.UNDECIDED, "undecided: the routes disagree, but no bar is narrow enough to say which is wrong"


def _culprit(route: str) -> Culprit:
    return {
        "reverse": Culprit.BACKWARD,
        "forward_mode": Culprit.JVP,
        "second": Culprit.DOUBLE_BACKWARD,
        "op": Culprit.FORWARD,
    }[route]


def _noun(route: str) -> str:
    return {"reverse": "the backward", "forward_mode": "the JVP", "second": "the double backward", "op": "the forward"}[
        route
    ]

"""The verdict on one number, <t, vjp(ct)> = <ct, J t>, as one route computes it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch

from gradsuite.comparison import Comparison, Figures
from gradsuite.numerics.blame import Ballot, blame
from gradsuite.numerics.estimate import RESOLUTION, Agreement, Estimate, apart
from gradsuite.numerics.precision import Format, widen
from gradsuite.results import Culprit
from gradsuite.routes import forward_mode
from gradsuite.routes.alone import Located
from gradsuite.routes.evidence import Evidence, says

LEAVES = "values on the way leave the range of this dtype here"


@dataclass(frozen=True)
class Claim:
    """A route's claim about the slope: the number, and its vote with a derived bar (dearer, asked for when needed)."""

    route: str  # reverse or forward_mode
    name: str  # of the comparison
    value: float
    vote: Callable[[], Estimate]


def judge(evidence: Evidence, claim: Claim) -> Comparison:
    """Holds a claim against differences of the op and against the declared formula, which must itself be proven."""
    if not math.isfinite(claim.value):
        return _not_finite(evidence, claim)
    opinions = [_differences(evidence, claim), _formula(evidence, claim)]
    if Agreement.DISAGREE in opinions or evidence.proven is False:
        return accuse(evidence, claim)
    figures = Figures(digits=_digits(evidence), bar=_relative_bar(evidence), held=_held(evidence))
    if Agreement.AGREE in opinions:
        return Comparison(claim.name, Agreement.AGREE, figures=figures)
    return Comparison(claim.name, Agreement.INCONCLUSIVE, sentence="the bars are too wide to decide", figures=figures)


def _not_finite(evidence: Evidence, claim: Claim) -> Comparison:
    """A derivative that is not finite is wrong where every value it needs can be held by the dtype."""
    largest = Format.of(evidence.dtype).largest
    truths = [*evidence.truth.values(), *map(widen, evidence.point.wide.outputs)]
    if claim.route == "forward_mode":  # J t may be too large where neither the gradient nor the outputs are
        truths += forward_mode.jvp(evidence.point.wide)
    if all(bool((truth.abs() < largest).all()) for truth in truths):
        if evidence.natural.overflows:
            return _vague(claim, LEAVES)
        return _lost(claim, "though the true derivative is, and nothing on the way to it overflows", "a finite number")
    if evidence.formula is not None or all(bool(torch.isfinite(truth).all()) for truth in truths):
        return _vague(claim, LEAVES)
    return _undefined(evidence, claim)


def _undefined(evidence: Evidence, claim: Claim) -> Comparison:
    """With no formula the op's own values tell whether a derivative exists, and is held by the dtype."""
    both = math.isnan(claim.value) and not math.isfinite(evidence.reverse_slope)  # of infinities that do not add up
    if claim.route == "reverse" or claim.value == evidence.reverse_slope or both:
        verdict = evidence.located.agreement
    else:
        joint = Estimate(claim.value, 0.0)
        verdict = evidence.thorough.judge(joint, scale=evidence.scale, resolution=evidence.resolution)
    if verdict is Agreement.AGREE:
        return Comparison(claim.name, verdict)
    if verdict is Agreement.INCONCLUSIVE:
        return _vague(claim, "no finite derivative is known to exist here")
    if claim.route == "reverse" and math.isfinite(evidence.located.got.value):
        return accuse(evidence, claim)
    right = evidence.located.right if claim.route == "reverse" else evidence.thorough.hull
    expected = _told(right) if math.isfinite(right.bar) else "a finite number"
    return _lost(claim, "though differences of the op's own values are", expected)


def _vague(claim: Claim, why: str) -> Comparison:
    return Comparison(claim.name, Agreement.INCONCLUSIVE, sentence=why)


def _lost(claim: Claim, why: str, expected: str) -> Comparison:
    culprit = Culprit.BACKWARD if claim.route == "reverse" else Culprit.JVP
    sentence = f"{claim.name} is not finite, {why}"
    return Comparison(claim.name, Agreement.DISAGREE, culprit, sentence, got=f"{claim.value}", expected=expected)


def _differences(evidence: Evidence, claim: Claim) -> Agreement | None:
    """The op's own values: four evaluations first, a long tableau where they do not agree, and then entry by entry."""
    if evidence.is_surrogate:
        return None
    scale, resolution = evidence.scale, evidence.resolution
    first = _sharp(evidence, claim).compare(evidence.quick.central, scale=scale, resolution=resolution)
    if first is Agreement.AGREE:
        return first
    slope, vote = evidence.thorough, claim.vote()
    verdict = vote.compare(slope.central, scale=scale, resolution=resolution)
    doubted = first is Agreement.DISAGREE and verdict is Agreement.INCONCLUSIVE  # what is vague may be so in parts only
    if slope.smooth and verdict is not Agreement.DISAGREE and not doubted:
        return verdict
    if verdict is Agreement.DISAGREE and not evidence.is_wide and _told_in_float64(evidence):
        return verdict
    if claim.route == "reverse" or vote.agrees(evidence.reverse_vote):
        return evidence.located.agreement
    return verdict


def _told_in_float64(evidence: Evidence) -> bool:
    """Whether there is no kink here that could excuse a gradient: what the op is, its float64 gradient tells best.

    It agrees with the joint slope; or it is wrong itself, in an entry alone, whose bar is narrow in float64.
    """
    wide, slope = evidence.wide, evidence.thorough.central
    right = wide.reverse_vote.compare(slope, scale=wide.scale, resolution=wide.resolution)
    return right is Agreement.AGREE or (right is Agreement.DISAGREE and wide.located.agreement is Agreement.DISAGREE)


def _formula(evidence: Evidence, claim: Claim) -> Agreement | None:
    truth = evidence.formula_vote
    if truth is None:
        return None
    if evidence.is_wide and _sharp(evidence, claim).agrees(truth):
        return Agreement.AGREE
    return claim.vote().compare(truth, scale=evidence.scale, resolution=evidence.resolution, negligible=0.0)


def _sharp(evidence: Evidence, claim: Claim) -> Estimate:
    """The claim with a bar that is too narrow rather than too wide, and cheap.

    In float64 that of its own last sum's rounding, n u sum |t| |g| (Higham 2002, section 3.1); below, what one run of
    stochastic arithmetic shows.
    """
    if not evidence.is_wide:
        return Estimate(claim.value, evidence.glimpse.bound("slope").item())
    count = sum(t.numel() for t in evidence.point.tangents.values())
    return Estimate(claim.value, count * Format.of(evidence.dtype).unit * evidence.scale)


def accuse(evidence: Evidence, claim: Claim) -> Comparison:
    """The failure of a claim that was found wrong, with its culprit."""
    located = _alone(evidence, claim)
    ballot = evidence.ballot if located is None else Ballot({"reverse": located.got, "differences": located.right})
    culprit, sentence = blame(ballot, claim.route)
    # Differences that step out of the declared domain are no defect of the op: the sample decides nothing.
    verdict = Agreement.INCONCLUSIVE if culprit is Culprit.DOMAIN else Agreement.DISAGREE
    found = Comparison(
        claim.name, verdict, culprit, sentence, says(ballot, claim.route), figures=Figures(digits=_digits(evidence))
    )
    if located is None or located.entry is None:
        return found
    name, i = located.entry
    got, _ = apart(located.got.value, located.right.value)
    where, expected = f"gradient of {name}, flat element {i}", _told(located.right, located.got.value)
    return replace(found, where=where, got=got, expected=expected)


def _alone(evidence: Evidence, claim: Claim) -> Located | None:
    """What is wrong where the joint slope cannot tell (a kink, a jump, a pole): an entry, or what entries add up to."""
    told = evidence.thorough.smooth and not evidence.ballot.agree("reverse", "differences")
    if claim.route != "reverse" or told or evidence.formula is not None:
        return None
    return evidence.located if evidence.located.agreement is Agreement.DISAGREE else None


def _told(right: Estimate, beside: float = math.nan) -> str:
    """One number, to digits that tell it from the one beside it, or the two between which a subgradient lies."""
    known = right.bar <= RESOLUTION * abs(right.value)
    return apart(beside, right.value)[1] if known else f"between {right.low:.9g} and {right.high:.9g}"


def blame_declared(evidence: Evidence, what: str) -> tuple[Agreement, Culprit, str]:
    """Who is to blame where ``what`` fails, which is the spec's word alone: the op only where another route says so."""
    if evidence.values_agree is False:
        return (Agreement.DISAGREE, *evidence.blame("reverse"))
    reverse, differences = evidence.reverse_vote, evidence.thorough.central
    verdict = reverse.compare(differences, scale=evidence.scale, resolution=evidence.resolution)
    if verdict is Agreement.DISAGREE or evidence.ballot.agree("reverse", "formula") is False:
        culprit, sentence = evidence.blame("reverse")
        return Agreement.DISAGREE, culprit, f"{sentence}; so {what} fails"
    if verdict is Agreement.INCONCLUSIVE:
        return verdict, Culprit.UNDECIDED, f"{what} fails, and the bars are too wide to say why"
    sentence = f"the spec is wrong: {what} does not hold, though the gradient agrees with differences"
    return Agreement.DISAGREE, Culprit.SPEC, sentence


def _digits(evidence: Evidence) -> float | None:
    return evidence.formula.proof[1] if evidence.proven and evidence.formula and evidence.formula.proof else None


def _relative_bar(evidence: Evidence) -> float | None:
    slope = _used(evidence)
    return slope.bar / evidence.scale if slope is not None and evidence.scale else None


def _held(evidence: Evidence) -> bool | None:
    """Whether the differences are right, by their own bar; where they are unknown, or the truth is, nobody can say."""
    slope, truth = _used(evidence), evidence.formula_vote
    if slope is None or truth is None or not evidence.proven or not math.isfinite(slope.bar + truth.bar):
        return None
    return slope.agrees(truth)


def _used(evidence: Evidence) -> Estimate | None:
    """The differences that the verdict took."""
    slope = evidence.__dict__.get("thorough") or evidence.__dict__.get("quick")
    return None if slope is None else slope.central

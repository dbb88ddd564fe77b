"""The verdict on one number, <t, vjp(ct)> = <ct, J t>, as one route computes it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from gradsuite.comparison import Comparison, Figures
from gradsuite.numerics.estimate import Agreement, Estimate
from gradsuite.numerics.precision import Format, widen
from gradsuite.results import Culprit
from gradsuite.routes import forward_mode
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.localise import alone, lost_entry


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
        return _accuse(evidence, claim)
    figures = Figures(digits=_digits(evidence), bar=_relative_bar(evidence))
    if Agreement.AGREE in opinions:
        return Comparison(claim.name, Agreement.AGREE, figures=figures)
    return Comparison(claim.name, Agreement.INCONCLUSIVE, sentence="the bars are too wide to decide", figures=figures)


def _not_finite(evidence: Evidence, claim: Claim) -> Comparison:
    """A derivative that is not finite is wrong where every value it needs can be held by the dtype."""
    if evidence.is_wide and evidence.formula is None:
        return _undefined(evidence, claim)
    largest = Format.of(evidence.dtype).largest
    truths = [*evidence.truth.values(), *map(widen, evidence.point.wide.outputs)]
    if claim.route == "forward_mode":  # J t may be too large where neither the gradient nor the outputs are
        truths += forward_mode.jvp(evidence.point.wide)
    held = all(bool((truth.abs() < largest).all()) for truth in truths)
    if evidence.natural.overflows or not held:
        return Comparison(
            claim.name, Agreement.INCONCLUSIVE, sentence="values on the way leave the range of this dtype here"
        )
    return _lost(claim, "though the true derivative is, and nothing on the way to it overflows", "a finite number")


def _undefined(evidence: Evidence, claim: Claim) -> Comparison:
    """In float64 and with no formula the op's own values tell whether a derivative exists, and is held by float64."""
    vague = Comparison(claim.name, Agreement.INCONCLUSIVE, sentence="no finite derivative is known to exist here")
    entry = lost_entry(evidence)
    if entry is None:
        return vague
    slope, size = alone(evidence, entry)
    decided = slope.central.bar <= evidence.resolution * abs(slope.central.value)
    if slope.kink or not decided or not size or not math.isfinite(slope.central.value / size):
        return vague
    return _lost(claim, "though differences of the op's own values are", f"{slope.central.value / size:.9g}")


def _lost(claim: Claim, why: str, expected: str) -> Comparison:
    culprit = Culprit.BACKWARD if claim.route == "reverse" else Culprit.JVP
    sentence = f"{claim.name} is not finite, {why}"
    return Comparison(claim.name, Agreement.DISAGREE, culprit, sentence, got=f"{claim.value}", expected=expected)


def _differences(evidence: Evidence, claim: Claim) -> Agreement | None:
    """The op's own values: four evaluations first, a long tableau where they do not agree."""
    if evidence.is_surrogate:
        return None
    scale, resolution = evidence.scale, evidence.resolution
    if evidence.is_wide:
        first = _sharp(evidence, claim).compare(evidence.quick.central, scale=scale, resolution=resolution)
        if first is Agreement.AGREE:
            return first
    slope, vote = evidence.thorough, claim.vote()
    verdict = vote.compare(slope.central, scale=scale, resolution=resolution)
    if verdict is Agreement.AGREE or _agrees_closely(evidence, vote):
        return Agreement.AGREE
    if verdict is not Agreement.DISAGREE or not slope.kink:
        return verdict
    # Somewhere along the tangent there is a kink: each entry is judged alone.
    located = evidence.located.agreement
    agrees = claim.route == "reverse" or vote.agrees(evidence.reverse_vote)
    return located if agrees else Agreement.DISAGREE


def _agrees_closely(evidence: Evidence, vote: Estimate) -> bool:
    """Whether small steps say so, where they know more than the long tableau does: it stepped across kinks."""
    near = evidence.close.central
    known = near.bar < evidence.thorough.central.bar
    return known and vote.compare(near, scale=evidence.scale, resolution=evidence.resolution) is Agreement.AGREE


def _formula(evidence: Evidence, claim: Claim) -> Agreement | None:
    truth = evidence.formula_vote
    if truth is None:
        return None
    if evidence.is_wide and _sharp(evidence, claim).agrees(truth):
        return Agreement.AGREE
    return claim.vote().compare(truth, scale=evidence.scale, resolution=evidence.resolution)


def _sharp(evidence: Evidence, claim: Claim) -> Estimate:
    """The claim with only the rounding of its own last sum as a bar: n u sum |t| |g| (Higham 2002, section 3.1)."""
    count = sum(t.numel() for t in evidence.point.tangents.values())
    return Estimate(claim.value, count * Format.of(evidence.dtype).unit * evidence.scale)


def _accuse(evidence: Evidence, claim: Claim) -> Comparison:
    culprit, sentence = evidence.blame(claim.route)
    # Differences that step out of the declared domain are no defect of the op: the sample decides nothing.
    verdict = Agreement.INCONCLUSIVE if culprit is Culprit.DOMAIN else Agreement.DISAGREE
    return Comparison(
        claim.name, verdict, culprit, sentence, evidence.says(claim.route), figures=Figures(digits=_digits(evidence))
    )


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
    slope = evidence.__dict__.get("thorough") or evidence.__dict__.get("quick")
    return slope.central.bar / evidence.scale if slope is not None and evidence.scale else None

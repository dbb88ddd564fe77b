"""The verdict on one second derivative, as one route computes it."""

from __future__ import annotations

import math

import torch

from gradsuite.comparison import Comparison, Figures
from gradsuite.errors import Unsupported
from gradsuite.numerics.blame import Ballot, blame
from gradsuite.numerics.estimate import Agreement, Estimate
from gradsuite.numerics.precision import Format
from gradsuite.results import Culprit, Says
from gradsuite.routes import promise, second
from gradsuite.routes.curvature import Curvature
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.natural import CONFIDENCE, RUNS
from gradsuite.routes.slope import Slope

APART = "the second derivative is lost at this point alone, which the backward treats apart"
KINKED = "the gradient has no derivative here: its slopes in two directions do not add up"
BESIDE = math.sqrt(Format.of(torch.float64).unit)  # off the point, and half of all digits still the same


def judge(
    curvature: Curvature, name: str, value: float, *, route: str = "second", op: Evidence | None = None
) -> Comparison:
    """The comparison ``name``: a ``value`` that ``route`` (second, or forward_mode) found against differences.

    ``op`` is the evidence for the op itself, where the curvature is that of a composition.
    Raises Unsupported where nobody promised a second derivative of it.
    """
    op = op or curvature.evidence
    if not curvature.plainly(value):
        _promised(op)
    if not math.isfinite(value):
        return _not_finite(curvature, name, op)
    verdict = curvature.agreement(value)
    if verdict is Agreement.AGREE:
        slope = curvature.quick if curvature.quick.smooth else curvature.thorough
        bar, scale = slope.bar, curvature.evidence.scale
        return Comparison(name, verdict, figures=Figures(bar=bar / scale if scale else None))
    if verdict is Agreement.INCONCLUSIVE:
        return _undecided(name, "the bars are too wide to decide")
    if route == "second" and _is_treated_apart(curvature, op):
        return _undecided(name, APART)
    if not curvature.is_additive:
        return _undecided(name, KINKED)
    return _accuse(curvature, name, value, route)


def narrowed(evidence: Evidence, curvature: Curvature, name: str, *, op: Evidence | None = None) -> Comparison:
    """The comparison ``name`` in the evidence's dtype, where float64 is right: within the natural error of it."""
    products = promise.products(op or evidence, evidence.point, curvature.t)
    value = second.pairing(curvature.w, products)
    floor = curvature.floor(evidence)
    if abs(value - curvature.value) <= floor:
        return Comparison(name, Agreement.AGREE)
    truth = Estimate(curvature.value, curvature.rounding)
    for runs in (1, RUNS):  # more runs see larger errors: what agrees within the first one's agrees
        natural = curvature.natural(evidence, runs)
        if natural.overflows and not math.isfinite(value):
            return _undecided(name, "values on the way leave the range of this dtype here")
        vote = Estimate(value, CONFIDENCE * natural.errors["curvature"].item() + floor)
        verdict = vote.compare(truth, scale=evidence.scale, resolution=evidence.resolution)
        if verdict is Agreement.AGREE:
            return Comparison(name, verdict)
    if verdict is Agreement.INCONCLUSIVE and math.isfinite(value):
        return _undecided(name, "the bars are too wide to decide")
    _promised(op or evidence)
    return _accused(name, Ballot({"second": vote, "reference": truth}), "second")


def _not_finite(curvature: Curvature, name: str, op: Evidence) -> Comparison:
    """A second derivative that is not finite is wrong where the gradient is, and is smooth around the point.

    Along w, and as the entry moves that is not finite: beside it may lie one in which nothing is smooth.
    """
    evidence = curvature.evidence
    if all(bool(torch.isfinite(gradient.abs()).all()) for gradient in evidence.gradients.values()):
        for place, alone in curvature.lost() if _smooth(curvature, curvature.thorough) else ():
            slope, size = curvature.along(alone), sum(w.sum().item() for w in alone.values())
            if size and _smooth(curvature, slope):
                if _is_on_edge(curvature) and _is_treated_apart(curvature, op):
                    return _undecided(name, APART)
                sentence = "the double backward is wrong: it is not finite, though differences of the gradient settle"
                return Comparison(
                    name, Agreement.DISAGREE, Culprit.DOUBLE_BACKWARD, sentence, where=f"derivative for {place}",
                    got="a number that is not finite", expected=f"{slope.central.value / size:.9g}",
                )  # fmt: skip
    return _undecided(name, "no finite second derivative is known to exist here")


def _smooth(curvature: Curvature, slope: Slope) -> bool:
    """Whether differences of the gradient settle, on both sides alike."""
    size = max(abs(slope.central.value), curvature.evidence.scale)
    return slope.smooth and slope.central.bar <= curvature.evidence.resolution * size


def _is_treated_apart(curvature: Curvature, op: Evidence) -> bool:
    """Whether nobody promised a second derivative, and just beside the point, on either side, it is right."""
    return promise.is_open(op) and any(_beside(curvature, side) is Agreement.AGREE for side in (1, -1))


def _is_on_edge(curvature: Curvature) -> bool:
    """Whether an entry lies where its domain ends, and so does not move: there a gradient has one side alone."""
    return any(bool((t == 0).any()) for t in curvature.point.tangents.values())


def _beside(curvature: Curvature, side: int) -> Agreement:
    """What is said just beside the point; an entry that lies where its domain ends leaves that place, too."""
    point = curvature.point
    steps = {name: torch.where(t == 0, torch.ones_like(t), t) for name, t in point.tangents.items()}
    moved = {**point.tensors, **{name: point.primal(name) + side * BESIDE * step for name, step in steps.items()}}
    if not point.subject.admits(moved):
        return Agreement.INCONCLUSIVE
    beside = Curvature(curvature.evidence.at(point.at(moved)), curvature.t, curvature.w)
    return beside.agreement(beside.value)


def _promised(evidence: Evidence) -> None:
    """Raises Unsupported where nobody promised a second derivative."""
    reason = promise.excuse(evidence)
    if reason:
        raise Unsupported(reason)


def _accuse(curvature: Curvature, name: str, value: float, route: str) -> Comparison:
    evidence = curvature.evidence
    votes = {route: Estimate(value, curvature.bar), "differences": curvature.right}
    votes |= {} if curvature.truth is None else {"formula": curvature.truth}
    return _accused(name, Ballot(votes, evidence.proven, evidence.values_agree), route)


def _accused(name: str, ballot: Ballot, route: str) -> Comparison:
    culprit, sentence = blame(ballot, route)
    says = tuple(
        Says(route=r, value=f"{v.value:.17g}", bar=f"{v.bar:.2g}", agrees=ballot.agree(route, r) is not False)
        for r, v in ballot.votes.items()
    )
    return Comparison(name, Agreement.DISAGREE, culprit, sentence, says)


def _undecided(name: str, sentence: str) -> Comparison:
    return Comparison(name, Agreement.INCONCLUSIVE, sentence=sentence)

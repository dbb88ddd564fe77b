"""The backward can itself be differentiated, and rightly.

The number d/dh <t, vjp(x + h w; ct)> at h = 0, for a second tangent w, is computed by reverse mode over reverse mode
and held against central differences of the first gradient, and against differences at 400 bits of the declared
derivative. A backward that refuses to be differentiated is unsupported here; one that is silently treated as a
constant is wrong. Where no spec promises a second derivative, and a custom Function saved intermediate values (which
the engine takes for constants), it is unsupported, with that reason.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch

from gradsuite.comparison import Check, Comparison, Figures
from gradsuite.errors import Unsupported
from gradsuite.numerics.blame import Ballot, blame
from gradsuite.numerics.estimate import Agreement, Estimate
from gradsuite.numerics.precision import Format
from gradsuite.results import Says
from gradsuite.routes import differences, formula, graph, second
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.natural import CONFIDENCE, natural_error

NAME = "second order along two tangents"


def compare(evidence: Evidence) -> Iterator[Comparison]:
    """One comparison: the curvature along two tangents."""
    point = evidence.point
    if not _cubes_fit(evidence):
        raise Unsupported("second derivatives at this scale leave the range of the dtype")
    value = second.curvature(point, point.cotangents).item()
    line = second.GradientLine(point)
    scale, resolution = evidence.scale, evidence.resolution
    if evidence.is_wide:
        count = sum(t.numel() for t in point.tangents.values())
        sharp = Estimate(value, count * differences.EPS * abs(value))
        slope = differences.quick(line)
        agreed = sharp.compare(slope.central, scale=scale, resolution=resolution) is Agreement.AGREE
        truth = _declared(evidence)
        if agreed and (truth is None or sharp.agrees(truth)):
            yield Comparison(NAME, Agreement.AGREE, figures=Figures(bar=slope.central.bar / scale if scale else None))
            return
    yield _weigh(evidence, value, line)


def _natural(evidence: Evidence) -> float:
    """The natural error of the curvature, seen in the op and, inside fused kernels, in the declared formula.

    Below float64, u sum |ct| |y| is added: what a double backward adds up and takes away again is of that size.
    """
    seen = natural_error(evidence.point, second.as_numbers, salt=3).errors["curvature"].item()
    definition = evidence.subject.definition
    if definition is not None and evidence.formula is not None and not evidence.is_surrogate:
        compute = formula.curvature_as_computation(definition)
        through = natural_error(evidence.point, compute, salt=8).errors["curvature"].nan_to_num(nan=0.0).item()
        seen = max(seen, through)
    floor = 0.0 if evidence.is_wide else Format.of(evidence.dtype).unit * evidence.output_scale
    return float(seen + floor)


def _declared(evidence: Evidence) -> Estimate | None:
    """The curvature by the declared derivative, where there is one."""
    if evidence.formula is None or evidence.is_surrogate or evidence.formula.curvature is None:
        return None
    return formula.estimate(evidence.formula.curvature)


def _cubes_fit(evidence: Evidence) -> bool:
    """Whether |x|**3 and its reciprocal are normal numbers: what a second derivative passes through on its way."""
    form = Format.of(evidence.dtype)
    for tensor in evidence.point.wide.tensors.values():
        sizes = torch.zeros(0) if tensor is None else tensor.detach().abs().to(torch.float64)
        sizes = sizes[sizes > 0]
        if bool(((sizes.log() * 3).abs() > -math.log(form.normal)).any()):
            return False
    return True


def _weigh(evidence: Evidence, value: float, line: second.GradientLine) -> Comparison:
    vote, slope = Estimate(value, CONFIDENCE * _natural(evidence)), differences.thorough(line)
    votes = {"second": vote, "differences": slope.central}
    truth = _declared(evidence)
    if truth is not None:
        votes["formula"] = truth
    opinions = [
        vote.compare(other, scale=evidence.scale, resolution=evidence.resolution)
        for route, other in votes.items()
        if route != "second" and not (route == "differences" and slope.kink and slope.between(vote))
    ]
    if Agreement.DISAGREE not in opinions:
        verdict = Agreement.AGREE if Agreement.AGREE in opinions else Agreement.INCONCLUSIVE
        return Comparison(NAME, verdict, sentence="the bars are too wide to decide")
    if evidence.subject.definition is None or not evidence.subject.definition.derivative:
        careless = graph.saves_intermediates(evidence.point)
        if careless:
            raise Unsupported(
                f"{careless} saves intermediate values, and treats them as constants in a second derivative"
            )
    ballot = Ballot(votes, evidence.proven, evidence.values_agree)
    culprit, sentence = blame(ballot, "second")
    says = tuple(
        Says(route=r, value=f"{v.value:.17g}", bar=f"{v.bar:.2g}", agrees=ballot.agree("second", r) is not False)
        for r, v in votes.items()
    )
    return Comparison(NAME, Agreement.DISAGREE, culprit, sentence, says)


CHECK = Check(compare)

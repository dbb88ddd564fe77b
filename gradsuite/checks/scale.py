"""The gradient is right at the same point times powers of ten.

What is right near 1 may be wrong elsewhere: a series cut off too early for small angles, a threshold that was meant to
be relative, an eps that stands in the backward and not in the forward. Every differentiable input is scaled, all
together and then (in an op of several) each alone. In float64 the number <t, vjp(ct)> is held against differences of
the op with their own bar, with steps of the size of x and with steps of the size of 1, and, where those disagree,
against the declared formula; what is not finite is wrong where differences settle. Below float64 each element is held
against float64 reverse mode, within the natural error and one unit of the largest element, where the op's values are
those of float64 but for few roundings.

A scale that the dtype cannot hold, the domain forbids or the op refuses, or at which its values are not finite, is left
out and counted. Where the bars are too wide nothing is decided.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import torch

from gradsuite.comparison import Check, Comparison
from gradsuite.errors import Unsupported
from gradsuite.inputs.scaled import scaled
from gradsuite.numerics.blame import Ballot, blame
from gradsuite.numerics.estimate import Agreement
from gradsuite.numerics.precision import Format, widen
from gradsuite.results import Culprit, Says
from gradsuite.routes import digits
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.jury import Claim, judge
from gradsuite.routes.windows import Windows

TOGETHER = (-12, -8, -6, -5, -4, -3, -2, -1, 1, 2, 3, 6)
ALONE = (-6, -3, 3)
FEW = 3  # inputs that are scaled each alone


def compare(evidence: Evidence) -> Iterator[Comparison]:
    """One comparison for all inputs together, and one for each of several: what the scales say together."""
    names = evidence.point.names
    groups = [(names, TOGETHER), *(((name,), ALONE) for name in names[:FEW] if len(names) > 1)]
    found = [_over(evidence, group, powers) for group, powers in groups]
    if not any(found):
        raise Unsupported("the op takes its inputs at no other scale")
    yield from filter(None, found)


def _over(evidence: Evidence, names: Sequence[str], powers: Sequence[int]) -> Comparison | None:
    """The first scale that disagrees, else one that agrees, else any; None where every scale is left out."""
    title = f"gradient with {names[0]} alone scaled" if powers is ALONE else "gradient with every input scaled"
    if evidence.pinned and evidence.pinned != title:
        return None
    found: list[Comparison] = []
    for power, sample in scaled(evidence.subject.definition, evidence.sample, names, powers):
        at = Evidence(evidence.subject, sample)
        if _is_taken(at):
            found.append(replace(_judged(at, names, power), name=title))
            if found[-1].agreement is Agreement.DISAGREE:
                return _told(found[-1], at, f"{', '.join(names)} times 1e{power}")
    left_out = len(powers) - len(found)
    note = f"{title}: {left_out} of {len(powers)} powers of ten are left out" if left_out else ""
    best = sorted(found, key=lambda comparison: comparison.agreement is not Agreement.AGREE)
    return replace(best[0], note=note) if best else None


def _told(wrong: Comparison, at: Evidence, scale: str) -> Comparison:
    return replace(wrong, sentence=f"{wrong.sentence} (with {scale})", shown=lambda: at)


def _is_taken(evidence: Evidence) -> bool:
    """Whether the op and its backward take the values, and the outputs are finite in both dtypes."""
    try:
        if not evidence.subject.admits(evidence.sample.tensors):
            return False
        outputs = [*evidence.point.outputs, *evidence.point.wide.outputs]
        if not all(bool(torch.isfinite(widen(output).abs()).all()) for output in outputs):
            return False
        return bool(evidence.gradients and evidence.reference)
    except Exception:  # whatever it is, the op does not take such inputs
        return False


def _judged(evidence: Evidence, names: Sequence[str], power: int) -> Comparison:
    if not evidence.is_wide:
        return _below_float64(evidence)
    claim = Claim("reverse", "reverse mode", evidence.reverse_slope, lambda: evidence.reverse_vote)
    if not all(bool(torch.isfinite(gradient.abs()).all()) for gradient in evidence.gradients.values()):
        return judge(evidence, claim)
    others = [name for name in evidence.point.names if name not in names]
    windows = [Windows(evidence, names, power), *([Windows(evidence, others, 0)] if others else [])]
    opinions = [window.agreement for window in windows]
    if Agreement.AGREE in opinions and Agreement.DISAGREE not in opinions:
        return Comparison("", Agreement.AGREE)
    if evidence.formula is not None:
        return judge(evidence, claim)
    if Agreement.DISAGREE not in opinions:
        return _undecided("the bars are too wide to decide")
    if evidence.located.agreement is Agreement.AGREE:  # a kink of one entry lies in what the others did not resolve
        return Comparison("", Agreement.AGREE)
    return _accused(windows[opinions.index(Agreement.DISAGREE)])


def _accused(window: Windows) -> Comparison:
    assert window.slope is not None
    votes = {"reverse": window.claim, "differences": window.slope}
    culprit, sentence = blame(Ballot(votes), "reverse")
    says = tuple(
        Says(route=route, value=f"{vote.value:.17g}", bar=f"{vote.bar:.2g}", agrees=route == "reverse")
        for route, vote in votes.items()
    )
    return Comparison("", Agreement.DISAGREE, culprit, sentence, says)


def _below_float64(evidence: Evidence) -> Comparison:
    """Each gradient against float64."""
    form, wide = Format.of(evidence.dtype), evidence.point.wide
    if not all(map(form.holds, (*wide.select(wide.outputs), *evidence.reference.values()))):
        return _undecided("values leave the range of this dtype here")
    for name, gradient in evidence.gradients.items():
        found = digits.kept(evidence, name)
        if found.agreement is Agreement.AGREE:
            continue
        if evidence.natural.overflows:
            return _undecided("values on the way leave the range of this dtype here")
        if not digits.values_agree(evidence):
            return _undecided("the op's own values are not those of float64 here")
        if found.agreement is Agreement.DISAGREE:
            return Comparison(
                "", found.agreement, Culprit.BACKWARD,
                digits.LOSSY,
                where=found.at(f"gradient of {name}", tuple(gradient.shape)),
                got=repr(gradient.reshape(-1)[found.worst].item()),
                expected=repr(evidence.reference[name].reshape(-1)[found.worst].item()), wrong_input=name,
            )  # fmt: skip
    return Comparison("", Agreement.AGREE)


def _undecided(why: str) -> Comparison:
    return Comparison("", Agreement.INCONCLUSIVE, sentence=why)


CHECK = Check(compare, samples="two")  # twelve powers of ten at each

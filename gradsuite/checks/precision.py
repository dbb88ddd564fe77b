"""The gradient's error is no larger than arithmetic itself must make in this dtype.

Each element of each gradient is held against the truth (the declared formula in ball arithmetic, else float64 on
the same quantised inputs), in units of the natural error: what rounding each operation, seen by stochastic
arithmetic, costs at this point. One constant decides for all ops and dtypes; the error is also counted in ULP.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch

from gradsuite.comparison import Check, Comparison, Figures
from gradsuite.errors import Unsupported
from gradsuite.numerics.estimate import Agreement
from gradsuite.results import Culprit, Says
from gradsuite.routes import digits, graph
from gradsuite.routes.elementwise import Match, match
from gradsuite.routes.evidence import Evidence


def compare(evidence: Evidence) -> Iterator[Comparison]:
    """One comparison for each differentiable input."""
    if evidence.is_wide and evidence.formula is None:
        raise Unsupported("no formula is declared, and there is nothing better than float64 to compare with")
    outputs = evidence.point.select(evidence.point.outputs)
    if not all(bool(torch.isfinite(output.abs()).all()) for output in outputs) and evidence.natural.overflows:
        raise Unsupported("the op's own values leave the range of this dtype on the way")
    for name in evidence.gradients:
        natural = evidence.natural
        errors = natural.errors[f"gradient {name}"]
        found = match(evidence.gradients[name], evidence.truth[name], errors, overflows=natural.overflows)
        if found.agreement is Agreement.DISAGREE:
            yield _accused(evidence, name, found, *_blame(evidence), evidence.says("reverse"))
        elif _may_lose(evidence) and (lost := digits.kept(evidence, name)).agreement is Agreement.DISAGREE:
            yield _accused(evidence, name, lost, Culprit.BACKWARD, digits.LOSSY)
        else:
            figures = Figures(found.ulps, found.ratios)
            yield Comparison(_title(name), found.agreement, figures=figures)


def _accused(
    evidence: Evidence, name: str, found: Match, culprit: Culprit, sentence: str, says: tuple[Says, ...] = ()
) -> Comparison:
    gradient, truth = (each[name].reshape(-1)[found.worst].item() for each in (evidence.gradients, evidence.truth))
    shape = tuple(evidence.gradients[name].shape)
    return Comparison(
        _title(name), Agreement.DISAGREE, culprit, sentence, says,
        where=found.at(f"gradient of {name}", shape), got=repr(gradient), expected=repr(truth),
        figures=Figures(found.ulps, found.ratios), wrong_input=name,
    )  # fmt: skip


def _title(name: str) -> str:
    return f"precision of the gradient of {name}"


def _may_lose(evidence: Evidence) -> bool:
    """Whether a backward of its own arithmetic stands beside a forward that keeps its digits."""
    return not evidence.is_wide and graph.is_written_in_python(evidence.point) and digits.values_agree(evidence)


def _blame(evidence: Evidence) -> tuple[Culprit, str]:
    if evidence.proven is False or evidence.values_agree is False:
        return evidence.blame("reverse")
    truth = "the proven formula" if evidence.proven else "the formula" if evidence.formula else "its own float64 result"
    return Culprit.BACKWARD, f"the backward is wrong: it lies further from {truth} than rounding in this dtype explains"


CHECK = Check(compare)

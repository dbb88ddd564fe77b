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
from gradsuite.results import Culprit
from gradsuite.routes import digits, graph
from gradsuite.routes.elementwise import match
from gradsuite.routes.evidence import Evidence


def compare(evidence: Evidence) -> Iterator[Comparison]:
    """One comparison for each differentiable input."""
    if evidence.is_wide and evidence.formula is None:
        raise Unsupported("no formula is declared, and there is nothing better than float64 to compare with")
    lost = any(not bool(torch.isfinite(output.abs()).all()) for output in evidence.point.select(evidence.point.outputs))
    if lost and evidence.natural.overflows:
        raise Unsupported("the op's own values leave the range of this dtype on the way")
    for name, gradient in evidence.gradients.items():
        truth, natural = evidence.truth[name], evidence.natural
        found = match(gradient, truth, natural.errors[f"gradient {name}"], overflows=natural.overflows)
        figures = Figures(found.ulps, found.ratios)
        blamed = _blame
        if found.agreement is not Agreement.DISAGREE and _may_lose(evidence):
            found, blamed = digits.kept(evidence, name), _lossy
        if found.agreement is not Agreement.DISAGREE:
            yield Comparison(f"precision of the gradient of {name}", found.agreement, figures=figures)
            continue
        culprit, sentence = blamed(evidence)
        at = found.worst
        yield Comparison(
            f"precision of the gradient of {name}", Agreement.DISAGREE, culprit, sentence, evidence.says("reverse"),
            where=f"gradient of {name}, element {found.place(tuple(gradient.shape))}",
            got=repr(gradient.reshape(-1)[at].item()), expected=repr(truth.reshape(-1)[at].item()),
            figures=figures, wrong_input=name,
        )  # fmt: skip


def _may_lose(evidence: Evidence) -> bool:
    """Whether a backward of its own arithmetic stands beside a forward that keeps its digits."""
    return not evidence.is_wide and graph.is_written_in_python(evidence.point) and digits.values_agree(evidence)


def _lossy(evidence: Evidence) -> tuple[Culprit, str]:
    return Culprit.BACKWARD, "the backward is wrong: it loses digits that its forward keeps"


def _blame(evidence: Evidence) -> tuple[Culprit, str]:
    if evidence.proven is False or evidence.values_agree is False:
        return evidence.blame("reverse")
    truth = "the proven formula" if evidence.proven else "the formula" if evidence.formula else "its own float64 result"
    return Culprit.BACKWARD, f"the backward is wrong: it lies further from {truth} than rounding in this dtype explains"


CHECK = Check(compare)

"""The op computes what the spec says.

Each element of each output is held against the declared forward in ball arithmetic (or, without a spec and below
float64, against the op itself in float64), in units of the natural error of computing it in this dtype.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch

from gradsuite.comparison import Check, Comparison, Figures
from gradsuite.errors import Unsupported
from gradsuite.numerics.estimate import Agreement
from gradsuite.numerics.precision import widen
from gradsuite.results import Culprit
from gradsuite.routes import formula
from gradsuite.routes.elementwise import match
from gradsuite.routes.evidence import Evidence


def compare(evidence: Evidence) -> Iterator[Comparison]:
    """One comparison for each output."""
    declared = evidence.formula.outputs if evidence.formula is not None else {}
    if evidence.is_wide and not declared:
        raise Unsupported("no forward is declared, and there is nothing better than float64 to compare with")
    truths = formula.tensors(declared) if declared else [widen(o) for o in evidence.point.wide.outputs]
    against = "the declared forward" if declared else "its own float64 result"
    for i, (output, truth) in enumerate(zip(evidence.point.outputs, truths, strict=True)):
        name = f"output {i}"
        if name in evidence.natural.errors:
            yield _inexact(evidence, name, output, truth, against)
        else:
            equal = torch.equal(output.cpu().to(torch.int64), truth.to(torch.int64))
            agreement = Agreement.AGREE if equal else Agreement.DISAGREE
            culprit, sentence = (None, "") if equal else (Culprit.FORWARD, f"the op disagrees with {against}")
            yield Comparison(f"value of {name}", agreement, culprit, sentence, got=str(output), expected=str(truth))


def _inexact(evidence: Evidence, name: str, output: torch.Tensor, truth: torch.Tensor, against: str) -> Comparison:
    natural = evidence.natural
    found = match(output, truth, natural.errors[name], overflows=natural.overflows)
    figures = Figures(found.ulps, found.ratios)
    if found.agreement is not Agreement.DISAGREE or found.worst is None:
        return Comparison(f"value of {name}", found.agreement, figures=figures)
    wrong = "the forward is wrong" if evidence.formula is None else "the op does not compute what the spec says"
    return Comparison(
        f"value of {name}", Agreement.DISAGREE, Culprit.FORWARD,
        f"{wrong}: it lies further from {against} than rounding explains",
        where=found.at(name, tuple(output.shape)),
        got=repr(output.reshape(-1)[found.worst].item()), expected=repr(truth.reshape(-1)[found.worst].item()),
        figures=figures,
    )  # fmt: skip


CHECK = Check(compare)

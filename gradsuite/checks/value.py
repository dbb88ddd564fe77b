"""The op computes what the spec says.

Each element of each output is held against the declared forward in ball arithmetic (or, without a spec and below
float64, against the op itself in float64), in units of the natural error of computing it in this dtype.
"""

from __future__ import annotations

from collections.abc import Iterator

from gradsuite.comparison import Check, Comparison, Figures
from gradsuite.errors import Unsupported
from gradsuite.numerics.estimate import Agreement
from gradsuite.numerics.precision import widen
from gradsuite.results import Culprit
from gradsuite.routes import formula
from gradsuite.routes.elementwise import match
from gradsuite.routes.evidence import Evidence


def compare(evidence: Evidence) -> Iterator[Comparison]:
    """One comparison for each output that is not an integer or a boolean."""
    declared = evidence.formula.outputs if evidence.formula is not None else {}
    if evidence.is_wide and not declared:
        raise Unsupported("no forward is declared, and there is nothing better than float64 to compare with")
    outputs = evidence.point.outputs
    truths = formula.tensors(declared) if declared else [widen(o) for o in evidence.point.wide.outputs]
    for i, (output, truth) in enumerate(zip(outputs, truths, strict=True)):
        name = f"output {i}"
        if name not in evidence.natural.errors:
            continue
        found = match(output, truth, evidence.natural.errors[name], overflows=evidence.natural.overflows)
        figures = Figures(found.ulps, found.ratios)
        if found.agreement is not Agreement.DISAGREE:
            yield Comparison(f"value of {name}", found.agreement, figures=figures)
            continue
        against = "the declared forward" if declared else "its own float64 result"
        yield Comparison(
            f"value of {name}", Agreement.DISAGREE, Culprit.FORWARD,
            f"the op does not compute what the spec says: it lies further from {against} than rounding explains",
            where=f"{name}, element {found.place(tuple(output.shape))}",
            got=repr(output.reshape(-1)[found.worst].item()), expected=repr(truth.reshape(-1)[found.worst].item()),
            figures=figures,
        )  # fmt: skip


CHECK = Check(compare)

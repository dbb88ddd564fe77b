"""Forward mode is the same where an input that does not move has no tangent, and where it has one of zeros.

For each input alone, and for all but each, <ct, J t> along the tangents of these is computed twice: with the others as
plain tensors, and with tangents of zeros. Both are the same number, within twice its natural error. A JVP that takes an
absent tangent for an absent input, or drops the rest with it, fails.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch

from gradsuite.comparison import Check, Comparison
from gradsuite.errors import Unsupported
from gradsuite.numerics.estimate import Agreement
from gradsuite.numerics.precision import paired, widen
from gradsuite.results import Culprit
from gradsuite.routes import forward_mode
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.second import Tangents


def compare(evidence: Evidence) -> Iterator[Comparison]:
    """One comparison for each subset of the inputs that move."""
    names, tangents = evidence.point.names, evidence.point.tangents
    if len(names) < 2:
        raise Unsupported("with one differentiable input there is no other that could have a tangent or not")
    alone = [(name,) for name in names]
    rest = [tuple(other for other in names if other != name) for name in names] if len(names) > 2 else []
    for subset in (*alone, *rest):
        moving = {name: tangents[name] for name in subset}
        zeros = {name: torch.zeros_like(t) for name, t in tangents.items() if name not in moving}
        yield _judge(evidence, subset, _slope(evidence, moving), _slope(evidence, {**moving, **zeros}))


def _slope(evidence: Evidence, tangents: Tangents) -> float:
    products = zip(evidence.point.cotangents, forward_mode.jvp(evidence.point, tangents), strict=True)
    return paired((widen(ct), widen(product)) for ct, product in products).item()


def _judge(evidence: Evidence, subset: tuple[str, ...], got: float, expected: float) -> Comparison:
    only = " and ".join(subset)
    name = f"forward mode, only {only} with a tangent"
    if not math.isfinite(expected):  # zero times what is not finite
        return Comparison(name, Agreement.INCONCLUSIVE, sentence="forward mode is not finite: see its own check")
    bound = 2 * evidence.natural.bound("slope").item()
    if got == expected or abs(got - expected) <= bound:
        return Comparison(name, Agreement.AGREE)
    if not math.isfinite(bound):
        return Comparison(name, Agreement.INCONCLUSIVE, sentence="values on the way leave the range of this dtype here")
    has = "has a tangent" if len(subset) == 1 else "have tangents"
    return Comparison(
        name, Agreement.DISAGREE, Culprit.JVP, f"the JVP is wrong where only {only} {has}",
        got=f"{got:.9g}", expected=f"{expected:.9g}",
    )  # fmt: skip


CHECK = Check(compare, samples="few")

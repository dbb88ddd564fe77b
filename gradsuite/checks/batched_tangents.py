"""Forward mode gives under vmap, over tangents, what it gives for each tangent alone.

Three tangents are batched at one point. For the first and for the one in the middle the number <ct, J t> is held
against that of an ordinary run, within twice its natural error. A JVP that takes a batch for one tangent, or mixes its
entries, fails. An op without forward mode, one that vmap refuses and a random one are unsupported.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from gradsuite.comparison import Check, Comparison
from gradsuite.errors import Unsupported
from gradsuite.numerics.estimate import Agreement
from gradsuite.numerics.precision import paired, widen
from gradsuite.results import Culprit
from gradsuite.routes import batched
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.second import Tangents


def compare(evidence: Evidence) -> Iterator[Comparison]:
    """One comparison for each of two entries of a batch."""
    if evidence.point.draws:
        raise Unsupported("a random op: each entry of a batch draws numbers of its own")
    evidence = evidence.plain
    along, other = evidence.point.tangents, evidence.point.second_tangents
    yield _judge(evidence, "the first of a batch", (along, other, other), 0)
    yield _judge(evidence, "the middle one of a batch", (other, along, other), 1)


def _judge(evidence: Evidence, which: str, rows: Sequence[Tangents], entry: int) -> Comparison:
    name, expected = f"forward mode, {which}", evidence.forward_slope
    products = zip(evidence.point.cotangents, batched.over_tangents(evidence.point, rows, entry), strict=True)
    got = paired((widen(ct), widen(product)) for ct, product in products).item()
    bound = 2 * evidence.natural.bound("slope").item()
    if got == expected or abs(got - expected) <= bound:
        return Comparison(name, Agreement.AGREE)
    if not (math.isfinite(expected) and math.isfinite(bound)):
        return Comparison(name, Agreement.INCONCLUSIVE, sentence="values on the way leave the range of this dtype here")
    return Comparison(
        name, Agreement.DISAGREE, Culprit.JVP, "the JVP is wrong where vmap batches the tangents",
        got=f"{got:.9g}", expected=f"{expected:.9g}",
    )  # fmt: skip


CHECK = Check(compare, samples="first")

"""Reverse mode gives the derivative of the op's values.

The number <t, vjp(ct)>, for a signed tangent t over all differentiable inputs and a signed cotangent ct over all
outputs, is held against central differences of the op in float64 with their own bar, and against the declared
formula in ball arithmetic, which is proven at the same sample by differences of the declared forward at 400 bits.
"""

from __future__ import annotations

from collections.abc import Iterator

from gradsuite.comparison import Check, Comparison
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.jury import Claim, judge


def compare(evidence: Evidence) -> Iterator[Comparison]:
    """One comparison: the slope along the sample's tangent."""
    claim = Claim("reverse", "reverse mode along a tangent", evidence.reverse_slope, lambda: evidence.reverse_vote)
    yield judge(evidence, claim)


CHECK = Check(compare)

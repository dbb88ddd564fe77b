"""Forward mode gives the derivative of the op's values.

The number <ct, J t> by dual numbers is held against the same central differences and the same proven formula as
reverse mode. An op without a forward-mode rule is unsupported here, which is not a pass.
"""

from __future__ import annotations

from collections.abc import Iterator

from gradsuite.comparison import Check, Comparison
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.jury import Claim, judge


def compare(evidence: Evidence) -> Iterator[Comparison]:
    """One comparison: the slope along the sample's tangent."""
    claim = Claim("forward_mode", "forward mode along a tangent", evidence.forward_slope, lambda: evidence.forward_vote)
    yield judge(evidence, claim)


CHECK = Check(compare)

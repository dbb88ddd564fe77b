"""Reverse mode and forward mode are adjoint: <ct, J t> = <vjp(ct), t>.

Both sides are computed in the tested dtype; they may differ by the natural error of computing them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from gradsuite.comparison import Check, Comparison
from gradsuite.numerics.estimate import Agreement
from gradsuite.routes.evidence import Evidence


def compare(evidence: Evidence) -> Iterator[Comparison]:
    """One comparison: the two pairings."""
    forward, backward = evidence.forward_vote, evidence.reverse_vote
    if not (math.isfinite(forward.value) and math.isfinite(backward.value)):
        yield Comparison(
            "adjoint of forward mode", Agreement.INCONCLUSIVE, sentence="a side is not finite: see its own check"
        )
        return
    verdict = forward.compare(backward, scale=evidence.scale, resolution=evidence.resolution, negligible=0.0)
    if verdict is not Agreement.DISAGREE:
        yield Comparison("adjoint of forward mode", verdict, sentence="the bars are too wide to decide")
        return
    accused = "forward_mode" if evidence.ballot.agree("reverse", "differences") else "reverse"
    culprit, sentence = evidence.blame(accused)
    yield Comparison("adjoint of forward mode", verdict, culprit, sentence, evidence.says(accused))


CHECK = Check(compare)

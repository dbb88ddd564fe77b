"""Every gradient is finite.

Nothing is compared with a bound: our training loop has no use for infinities.
"""

from __future__ import annotations

from collections.abc import Iterator

from gradsuite.comparison import Check, Comparison
from gradsuite.numerics.estimate import Agreement
from gradsuite.results import Culprit
from gradsuite.routes.evidence import Evidence


def compare(evidence: Evidence) -> Iterator[Comparison]:
    """One comparison for each differentiable input."""
    for name, gradient in evidence.gradients.items():
        if gradient.isfinite().all():
            yield Comparison(f"finite gradient of {name}", Agreement.AGREE)
        else:
            sentence = f"the gradient of {name} is not finite"
            yield Comparison(f"finite gradient of {name}", Agreement.DISAGREE, Culprit.BACKWARD, sentence)


CHECK = Check(compare)

"""The backward is linear in its cotangent.

For two signed cotangents the gradient of -2 ct1 + ct2 / 2 must equal -2 vjp(ct1) + vjp(ct2) / 2, within the natural
error of computing the three. A backward that clips, rectifies or takes the magnitude of what it is given fails.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch

from gradsuite.comparison import Check, Comparison, Figures
from gradsuite.numerics.estimate import Agreement
from gradsuite.numerics.noise import Noise
from gradsuite.numerics.precision import widen
from gradsuite.results import Culprit
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.natural import Computation, Numbers
from gradsuite.routes.point import Point
from gradsuite.routes.residual import residuals
from gradsuite.routes.reverse import gradients

SENTENCE = "the backward is wrong: it is not linear in its cotangent"


def compare(evidence: Evidence) -> Iterator[Comparison]:
    """One comparison for each differentiable input."""
    for gap in residuals(evidence, _computation(evidence), salt=4):
        culprit, sentence = (Culprit.BACKWARD, SENTENCE) if gap.agreement is Agreement.DISAGREE else (None, "")
        yield Comparison(
            f"linearity of the gradient of {gap.name}", gap.agreement, culprit, sentence,
            where=f"gradient of {gap.name}, element {gap.where}", got=f"a residual of {gap.size:.3g}", expected="0",
            figures=Figures(ratios=gap.ratios), wrong_input=gap.name,
        )  # fmt: skip


def _computation(evidence: Evidence) -> Computation:
    def compute(point: Point, cotangents: list[torch.Tensor], noise: Noise | None) -> Numbers:
        other = point.more_cotangents
        mixed = [-2 * a + b / 2 for a, b in zip(cotangents, other, strict=True)]
        first, second, both = (gradients(point, weights) for weights in (cotangents, other, mixed))
        found = {n: widen(both[n]) + 2 * widen(first[n]) - widen(second[n]) / 2 for n in point.names}
        if noise is None:
            return found
        # The three gradients have cotangents 1, 1 and 2.5 times as large, and so have their natural errors.
        return {n: noise.shake(r, (2 + 0.5 + 2.5) * evidence.natural.errors[f"gradient {n}"]) for n, r in found.items()}

    return compute


CHECK = Check(compare)

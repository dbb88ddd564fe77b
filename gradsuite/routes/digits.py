"""The digits of a gradient below float64: a backward keeps what its forward keeps.

``exp(-x) / (1 - exp(-x))`` near zero, a distance by aa + bb - 2ab: such a formula is right, and loses its digits by
cancellation. Stochastic arithmetic through it shows as much, so the loss would excuse itself. Here only what all must
round counts: the inputs, the cotangents, the forward, the result, and one unit of the largest number on the way
(N. Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 1.6, on forward error and conditioning).
"""

from __future__ import annotations

import torch

from gradsuite.numerics.estimate import Agreement
from gradsuite.numerics.precision import Format, largest, ulp, widen
from gradsuite.routes import reverse
from gradsuite.routes.elementwise import Match, match
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.inside import Backwards

LOSSY = "the backward is wrong: it loses digits that its forward keeps"


def kept(evidence: Evidence, name: str) -> Match:
    """The gradient of ``name`` against float64 reverse mode, within the inherent error and the roundings of its terms.

    Half a unit in the last place comes first, then what one run of stochastic arithmetic shows: they cost less.
    """
    gradient, truth, key = evidence.gradients[name], widen(evidence.reference[name]), f"gradient {name}"
    half = _half_unit(truth, gradient.dtype)
    if (found := match(gradient, truth, half)).agreement is Agreement.AGREE:
        return found
    floor = Format.of(evidence.dtype).unit * _terms(evidence, truth)
    if (found := match(gradient, truth, half + floor)).agreement is Agreement.AGREE:
        return found
    if (found := match(gradient, truth, evidence.glimpse.errors[key] + floor)).agreement is Agreement.AGREE:
        return found
    return match(gradient, truth, evidence.inherent.errors[key] + floor, overflows=evidence.natural.overflows)


def values_agree(evidence: Evidence) -> bool:
    """Whether the outputs are those of float64 but for a few roundings.

    An eps that depends on the dtype makes another function, and what the forward lost the backward cannot know.
    """
    point = evidence.point
    pairs = zip(map(widen, point.select(point.wide.outputs)), point.select(point.outputs), strict=True)
    found = (match(got, truth, _half_unit(truth, got.dtype)) for truth, got in pairs)
    return all(each.agreement is not Agreement.DISAGREE for each in found)


def _half_unit(truth: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    return ulp(truth.abs().nan_to_num(nan=0.0, posinf=0.0), dtype) / 2


def _terms(evidence: Evidence, truth: torch.Tensor) -> float:
    """How large the terms may be whose difference an entry is: as the largest entry, or as what the backward computes.

    ``sigmoid(x) - t`` leaves nothing where both are one, and neither does what a normalisation takes from a cotangent:
    an error of a unit of those is nobody's mistake. One that is divided by the small difference is.
    """
    point = evidence.point.wide
    with Backwards() as seen:
        reverse.gradients(point)
    most: float = seen.most
    return max(largest([truth]), most * largest(point.cotangents))

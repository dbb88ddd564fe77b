"""Reverse mode gives the derivative of the op's values.

The number <t, vjp(ct)>, for a signed tangent t over all differentiable inputs and a signed cotangent ct over all
outputs, is held against central differences of the op in float64 with their own bar, and against the declared
formula in ball arithmetic, which is proven at the same sample by differences of the declared forward at 400 bits.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import torch

from gradsuite.comparison import Check, Comparison
from gradsuite.numerics.precision import Format
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.jury import Claim, judge
from gradsuite.routes.natural import CONFIDENCE


def compare(evidence: Evidence) -> Iterator[Comparison]:
    """One comparison: the slope along the sample's tangent."""
    claim = Claim("reverse", "reverse mode along a tangent", evidence.reverse_slope, lambda: evidence.reverse_vote)
    yield replace(judge(evidence, claim), note=_nature(evidence))


def _nature(evidence: Evidence) -> str:
    """What widens every bar: the op is not as exact as the dtype."""
    inside = evidence.point.computes_in
    if inside is not None:
        return f"the op computes in {str(inside).removeprefix('torch.')} inside, so every bar is wider"
    noise, size = evidence.known_noise, evidence.output_scale
    if CONFIDENCE * Format.of(torch.float64).unit * size < noise < evidence.resolution * size:
        power = math.ceil(math.log10(noise / size))
        return f"the forward repeats only to 1e{power} of its size nearby: it stops early, or rounds inside"
    return ""


CHECK = Check(compare)

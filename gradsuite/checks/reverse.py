"""Reverse mode gives the derivative of the op's values.

The number <t, vjp(ct)>, for a signed tangent t over all differentiable inputs and a signed cotangent ct over all
outputs, is held against central differences of the op in float64 with their own bar, and against the declared
formula in ball arithmetic, which is proven at the same sample by differences of the declared forward at 400 bits.
Entries that are too small beside the others to show in it are then held alone, where they move outputs of their own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import torch

from gradsuite.comparison import Check, Comparison
from gradsuite.numerics.estimate import Agreement
from gradsuite.numerics.precision import Format
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.faint import faint, is_lost, lost_entry
from gradsuite.routes.jury import Claim, accuse, judge
from gradsuite.routes.natural import CONFIDENCE


def compare(evidence: Evidence) -> Iterator[Comparison]:
    """The slope along the sample's tangent; in float64, what is wrong in entries too small to show in it, too."""
    found = judge(evidence, _claim(evidence, "reverse mode along a tangent"))
    yield replace(found, note=_nature(evidence))
    if found.agreement is not Agreement.DISAGREE and evidence.is_wide and not evidence.is_surrogate:
        wrong = next(filter(is_lost, faint(evidence)), None)
        if wrong is not None:
            yield _told(wrong)


def _claim(evidence: Evidence, name: str) -> Claim:
    return Claim("reverse", name, evidence.reverse_slope, lambda: evidence.reverse_vote)


def _told(wrong: Evidence) -> Comparison:
    told = accuse(wrong, _claim(wrong, "reverse mode along a tangent, small entries alone"))
    entry = lost_entry(wrong)
    if entry is not None:
        name, i, got, expected = entry
        where = f"gradient of {name}, flat element {i}"
        told = replace(told, where=where, got=f"{got:.9g}", expected=f"{expected:.9g}")
    return replace(told, shown=lambda: wrong)


def _nature(evidence: Evidence) -> str:
    """What widens every bar: the op is not as exact as the dtype."""
    inside = evidence.point.computes_in
    if inside is not None:
        return f"the op computes in {str(inside).removeprefix('torch.')} inside, so every bar is wider"
    noise, size = evidence.known_noise, evidence.output_scale
    unit = Format.of(torch.float64).unit
    if CONFIDENCE * unit * size < noise < evidence.resolution * size and noise > evidence.blur:
        power = math.ceil(math.log10(noise / size))
        return f"the forward repeats only to 1e{power} of its size nearby: it stops early, or rounds inside"
    return ""


CHECK = Check(compare)

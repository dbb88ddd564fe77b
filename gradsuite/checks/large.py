"""The gradient stays right past the sizes in which kernels work: 31, 33, 127, 129 and 1025 along one dimension.

At samples of such sizes the number <t, vjp(ct)> is held against differences of the op, as at any other sample; the
formula, whose proof costs too much here, takes no part. Below float64 each element of each gradient is held against
float64 reverse mode, within the natural error, and no less than what is typical of its tensor: of thousands of elements
a few runs of stochastic arithmetic see too little. A sum of n terms may moreover be accumulated in float32, whose n
roundings make an error of about the square root of n times its unit (Higham 2002, section 4.2); beside the rounding of
half precision that is nothing, and a sum that was accumulated there is found.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import torch

from gradsuite.comparison import Check, Comparison, Figures
from gradsuite.inputs.structure import symbols
from gradsuite.numerics.estimate import Agreement
from gradsuite.numerics.precision import Format, widen
from gradsuite.results import Culprit
from gradsuite.routes.elementwise import match
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.jury import Claim, judge
from gradsuite.sample import Subject
from gradsuite.spec.definition import Definition


def compare(evidence: Evidence) -> Iterator[Comparison]:
    """The slope along the sample's tangent; below float64 each gradient against float64."""
    bare = Evidence(_without_formula(evidence.subject), evidence.sample)
    yield judge(bare, Claim("reverse", "reverse mode along a tangent", bare.reverse_slope, lambda: bare.reverse_vote))
    if not bare.is_wide:
        yield from (_precise(bare, name) for name in bare.point.names)


def _without_formula(subject: Subject) -> Subject:
    assert subject.definition is not None
    return replace(subject, definition=replace(subject.definition, derivative={}, forward={}))


def _precise(evidence: Evidence, name: str) -> Comparison:
    gradient, truth = evidence.gradients[name], widen(evidence.reference[name])
    natural = evidence.natural.errors[f"gradient {name}"]
    typical = natural.clamp(min=natural.median().item()) if natural.numel() else natural
    found = match(gradient, truth, typical * _accumulated(evidence), overflows=evidence.natural.overflows)
    title = f"precision of the gradient of {name}"
    if found.agreement is not Agreement.DISAGREE or found.worst is None:
        return Comparison(title, found.agreement, figures=Figures(found.ulps, found.ratios))
    return Comparison(
        title, found.agreement, Culprit.BACKWARD,
        "the backward is wrong: at this size it lies further from its own float64 result than rounding explains",
        where=found.at(f"gradient of {name}", tuple(gradient.shape)),
        got=repr(gradient.reshape(-1)[found.worst].item()), expected=repr(truth.reshape(-1)[found.worst].item()),
        wrong_input=name,
    )  # fmt: skip


def _needs(definition: Definition | None) -> str:
    if definition is None or not symbols(definition):
        return "no size may vary"
    return "the declared derivative is not that of the values" if definition.surrogate is not None else ""


def _accumulated(evidence: Evidence) -> float:
    """By how much accumulating in float32 makes the natural error larger: its terms are no more than the elements."""
    terms = max(t.numel() for t in (*evidence.point.wide.outputs, *evidence.reference.values()))
    return 1 + math.sqrt(terms) * Format.of(torch.float32).unit / Format.of(evidence.dtype).unit


CHECK = Check(compare, needs=_needs, samples="large")

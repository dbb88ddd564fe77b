"""The gradient stays right past the sizes in which kernels work: 31, 33, 127, 129 and 1025 along one dimension.

At samples of such sizes the number <t, vjp(ct)> is held against differences of the op, as at any other sample; the
formula, whose proof costs too much here, takes no part. Below float64 each element of each gradient is held against
float64 reverse mode, within the natural error, and no less than what is typical of its tensor: of thousands of elements
a few runs of stochastic arithmetic see too little.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gradsuite.comparison import Check, Comparison, Figures
from gradsuite.inputs.structure import symbols
from gradsuite.numerics.estimate import Agreement
from gradsuite.numerics.precision import widen
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
    if subject.definition is None or subject.definition.surrogate is not None:
        return subject
    return replace(subject, definition=replace(subject.definition, derivative={}, forward={}))


def _precise(evidence: Evidence, name: str) -> Comparison:
    gradient, truth = evidence.gradients[name], widen(evidence.reference[name])
    natural = evidence.natural.errors[f"gradient {name}"]
    typical = natural.clamp(min=natural.median().item()) if natural.numel() else natural
    found = match(gradient, truth, typical, overflows=evidence.natural.overflows)
    title = f"precision of the gradient of {name}"
    if found.agreement is not Agreement.DISAGREE or found.worst is None:
        return Comparison(title, found.agreement, figures=Figures(found.ulps, found.ratios))
    return Comparison(
        title, found.agreement, Culprit.BACKWARD,
        "the backward is wrong: at this size it lies further from its own float64 result than rounding explains",
        where=f"gradient of {name}, element {found.place(tuple(gradient.shape))}",
        got=repr(gradient.reshape(-1)[found.worst].item()), expected=repr(truth.reshape(-1)[found.worst].item()),
        wrong_input=name,
    )  # fmt: skip


def _needs(definition: Definition | None) -> str:
    return "" if definition is not None and symbols(definition) else "no size may vary"


CHECK = Check(compare, needs=_needs, samples="large")

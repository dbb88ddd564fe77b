"""On a kink the gradient is the declared convention, and a subgradient.

At samples that lie exactly on a declared kink, each element of the gradient there equals what the spec declares as
convention, and, element by element, lies between the one-sided slopes of the op itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch

from gradsuite.comparison import Check, Comparison
from gradsuite.errors import Unsupported
from gradsuite.numerics.estimate import Agreement, Estimate
from gradsuite.numerics.precision import Format, ulp, widen
from gradsuite.results import Culprit
from gradsuite.routes.differences import thorough
from gradsuite.routes.elementwise import match
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.line import Line
from gradsuite.routes.room import on_kink, spread
from gradsuite.routes.slope import Slope
from gradsuite.spec.definition import Definition, Derivative, Form, Kink
from gradsuite.spec.lower import Scope, vjp
from gradsuite.subject import TORCH


def compare(evidence: Evidence) -> Iterator[Comparison]:
    """For each kink and each input: the convention, and the one-sided slopes at one element."""
    definition, point = evidence.subject.definition, evidence.point
    assert definition is not None
    wide = {name: None if t is None else widen(t) for name, t in point.tensors.items()}
    hits = on_kink(definition, evidence.sample, wide)
    if not any(hit.any() for hit in hits):
        raise Unsupported("no drawn sample lies on a declared kink")
    for kink, hit in zip(definition.kinks, hits, strict=True):
        for name in point.names:
            mask = spread([hit], widen(evidence.gradients[name]))
            if not mask.any():
                continue
            if name in kink.convention:
                yield _convention(evidence, definition, kink, name, mask)
            yield _between(evidence, name, mask)


def _convention(evidence: Evidence, definition: Definition, kink: Kink, name: str, mask: torch.Tensor) -> Comparison:
    point = evidence.point.wide
    scope = Scope(definition, point.tensors, evidence.sample.arguments, evidence.sample.symbols, {}, TORCH)
    derivative = Derivative(Form.ELEMENTWISE, kink.convention[name])
    expected = torch.as_tensor(vjp(derivative, name, scope, {"y": point.cotangents[0]}))[mask]
    got = evidence.gradients[name].cpu()[mask]
    found = match(got, expected, ulp(expected.abs(), got.dtype) / 2)
    if found.agreement is Agreement.AGREE:
        return Comparison(f"convention for {name} on {kink.at.text} = 0", Agreement.AGREE)
    culprit, sentence = Culprit.BACKWARD, f"the backward does not keep the declared convention where {kink.at.text} = 0"
    slope, _ = _alone(evidence, name, mask)
    if _inside(slope, got[0].item(), evidence) and not _inside(slope, expected[0].item(), evidence):
        culprit = Culprit.SPEC
        sentence = (
            f"the spec is wrong: its convention where {kink.at.text} = 0 is no subgradient, and the gradient is one"
        )
    return Comparison(
        f"convention for {name} on {kink.at.text} = 0", Agreement.DISAGREE, culprit, sentence,
        where=f"gradient of {name}, element {_first(mask)}",
        got=repr(got[0].item()), expected=repr(expected[0].item()), wrong_input=name,
    )  # fmt: skip


def _between(evidence: Evidence, name: str, mask: torch.Tensor) -> Comparison:
    """The gradient of the first element on the kink is a subgradient."""
    slope, at = _alone(evidence, name, mask)
    value = widen(evidence.gradients[name])[at].real.item()
    title = f"subgradient of {name} on the kink"
    if not math.isfinite(slope.hull.bar):
        return Comparison(title, Agreement.INCONCLUSIVE, sentence="a one-sided slope does not exist here")
    if _inside(slope, value, evidence):
        return Comparison(title, Agreement.AGREE)
    return Comparison(
        title, Agreement.DISAGREE, Culprit.BACKWARD,
        "the backward is wrong: on the kink the gradient does not lie between the one-sided slopes",
        where=f"gradient of {name}, element {list(at)}", got=f"{value:.9g}",
        expected=f"between {slope.hull.low:.9g} and {slope.hull.high:.9g}", wrong_input=name,
    )  # fmt: skip


def _alone(evidence: Evidence, name: str, mask: torch.Tensor) -> tuple[Slope, tuple[int, ...]]:
    """The slopes of the op as the first element on the kink moves alone, and where that element is."""
    step = torch.zeros_like(evidence.point.wide.primal(name))
    at = tuple(mask.nonzero()[0].tolist())
    step[at] = 1
    return thorough(Line(evidence.point.wide, {name: step})), at


def _inside(slope: Slope, value: float, evidence: Evidence) -> bool:
    """Whether ``value`` lies between the one-sided slopes, within its own rounding."""
    return slope.hull.agrees(Estimate(value, abs(value) * 2 * Format.of(evidence.dtype).unit))


def _first(mask: torch.Tensor) -> str:
    return str(mask.nonzero()[0].tolist())


CHECK = Check(
    compare, needs=lambda definition: "" if definition and definition.kinks else "no kink is declared", samples="kink"
)

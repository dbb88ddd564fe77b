"""At the edge samples that the spec lists, value and gradient are right.

Expected values and gradients (for a cotangent of ones) stand in the spec, or come from the declared formula in ball
arithmetic where it is finite. Infinities must be met exactly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch

from gradsuite.comparison import Check, Comparison, Figures
from gradsuite.numerics.estimate import Agreement
from gradsuite.numerics.precision import ulp, widen
from gradsuite.results import Culprit
from gradsuite.routes import formula
from gradsuite.routes.elementwise import match
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.natural import Natural
from gradsuite.routes.reverse import gradients


def compare(evidence: Evidence) -> Iterator[Comparison]:
    """The output, then the gradient of each input, at one edge sample."""
    ones = [torch.ones_like(output) for output in evidence.point.select(evidence.point.outputs)]
    evidence.point.__dict__["cotangents"] = ones
    evidence.point.wide.__dict__["cotangents"] = [widen(one) for one in ones]
    expect = evidence.sample.expect
    output = evidence.point.outputs[evidence.point.selected[0] if ones else 0]
    yield _compare(evidence, "y", output, _expected(evidence, expect, "y", output), Culprit.FORWARD)
    for name, gradient in (gradients(evidence.point, ones) if ones else {}).items():
        yield _compare(evidence, name, gradient, _expected(evidence, expect, name, gradient), Culprit.BACKWARD)


def _expected(evidence: Evidence, expect: Mapping[str, Any], name: str, like: torch.Tensor) -> torch.Tensor | None:
    if name in expect:
        return torch.as_tensor(expect[name], dtype=torch.float64).expand(like.shape).clone()
    if evidence.formula is None:
        return None
    if name == "y" and evidence.formula.outputs:
        return formula.tensors(evidence.formula.outputs)[0].reshape(like.shape)
    return evidence.truth.get(name)


def _compare(
    evidence: Evidence, name: str, got: torch.Tensor, expected: torch.Tensor | None, culprit: Culprit
) -> Comparison:
    title = "value at an edge" if name == "y" else f"gradient of {name} at an edge"
    if expected is None or bool(torch.isnan(expected.abs()).any()):
        return Comparison(
            title, Agreement.INCONCLUSIVE, sentence="declare what is expected here: the formula is not finite"
        )
    if not (got.is_floating_point() or got.is_complex()):
        return _whole(title, got, expected, culprit)
    natural: Natural = evidence.natural
    key = "output 0" if name == "y" else f"gradient {name}"
    floor = ulp(expected.abs().nan_to_num(posinf=0.0), got.dtype) / 2
    found = match(got, expected, torch.fmax(natural.errors[key].cpu().reshape(expected.shape), floor))
    endless = torch.isinf(expected.abs())
    lost = endless & ~_infinite(widen(got).cpu(), expected)
    if found.agreement is not Agreement.DISAGREE and not lost.any():
        decided = Agreement.AGREE if endless.any() else found.agreement
        return Comparison(title, decided, figures=Figures(found.ulps, found.ratios))
    at = int(lost.reshape(-1).nonzero()[0]) if lost.any() else found.worst
    side = "the forward" if culprit is Culprit.FORWARD else "the backward"
    sentence = f"{side} is wrong at this edge of the domain"
    own = _expected(evidence, {}, name, got)  # what the spec's formula says, whatever it expects
    told = own is not None and bool(torch.isfinite(own.reshape(-1)[at].abs()))
    if (
        name in evidence.sample.expect
        and own is not None
        and told
        and match(got, own, floor).agreement is Agreement.AGREE
    ):
        culprit = Culprit.SPEC
        sentence = "the spec is wrong: the op gives what the formula says, and not what is expected"
    return Comparison(
        title, Agreement.DISAGREE, culprit, sentence, where=f"{name}, flat element {at}",
        got=repr(got.reshape(-1)[at].item()), expected=repr(expected.reshape(-1)[at].item()),
        wrong_input=None if name == "y" else name,
    )  # fmt: skip


def _whole(title: str, got: torch.Tensor, expected: torch.Tensor, culprit: Culprit) -> Comparison:
    """Whole numbers are equal or not."""
    if torch.equal(got.cpu().to(torch.float64), expected.to(torch.float64)):
        return Comparison(title, Agreement.AGREE)
    sentence = "the forward is wrong at this edge of the domain"
    return Comparison(
        title, Agreement.DISAGREE, culprit, sentence, got=str(got.tolist()), expected=str(expected.tolist())
    )


def _infinite(got: torch.Tensor, expected: torch.Tensor) -> torch.Tensor:
    """Whether an infinity is met: with its sign; a complex number is infinite if one of its parts is (C99, annex G)."""
    if got.is_complex():
        return torch.isinf(got.real) | torch.isinf(got.imag)
    return got == expected


CHECK = Check(
    compare,
    needs=lambda definition: "" if definition and definition.edge else "no edge is listed",
    samples="edge",
    shrinks=False,  # an edge is what the author wrote: it stays as it is
)

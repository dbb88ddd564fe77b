"""Overwriting values never gives a silently wrong gradient.

The in-place variant must agree with the op, or be refused where the spec says so; on a leaf that requires grad it must
always be refused. Each input and the result is overwritten after the forward: what the backward needs must be
refused, and whatever is not refused must leave the gradient right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch

from gradsuite.comparison import Check, Comparison
from gradsuite.numerics.estimate import Agreement
from gradsuite.numerics.precision import widen
from gradsuite.results import Culprit
from gradsuite.routes.elementwise import match
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.reverse import gradients
from gradsuite.spec.definition import Definition, Inplace
from gradsuite.subject import resolve

DISAGREE = Agreement.DISAGREE


@dataclass(frozen=True)
class Found:
    """What came of a run that autograd allowed: the value (None where it was overwritten on purpose), the gradients."""

    value: torch.Tensor | None
    gradients: list[torch.Tensor | None]


def compare(evidence: Evidence) -> Iterator[Comparison]:
    """The in-place variant on a leaf and on a copy, then each value overwritten after the forward."""
    definition = evidence.subject.definition
    assert definition is not None and definition.inplace is not None
    if definition.inplace.op is not None:
        yield from _variant(evidence, definition.inplace, resolve(definition.inplace.op))
    for name in ["y", *evidence.point.names]:
        found = _attempt(lambda name=name: _spoil(evidence, name))  # type: ignore[misc]
        saves = definition.inplace.saves
        refuses = None if saves is None else name in saves
        yield _judge(evidence, f"{name} overwritten after the forward", found, refuses=refuses)


def _variant(evidence: Evidence, inplace: Inplace, op: Callable[..., torch.Tensor]) -> Iterator[Comparison]:
    title = "in place on a leaf that requires grad"
    if _attempt(lambda: _run(evidence, op, copy=False)) is None:
        yield Comparison(title, Agreement.AGREE)
    else:
        sentence = "a leaf that requires grad was overwritten, and autograd did not refuse it"
        yield Comparison(title, Agreement.DISAGREE, Culprit.BACKWARD, sentence, got="allowed", expected="refused")
    yield _judge(
        evidence, "in place on a copy", _attempt(lambda: _run(evidence, op, copy=True)), refuses=inplace.refused
    )


def _run(evidence: Evidence, op: Callable[..., torch.Tensor], *, copy: bool) -> Found:
    leaves = evidence.point.leaves()
    wanted = [leaf for name in evidence.point.names if (leaf := leaves[name]) is not None]
    first, *rest = leaves.values()
    assert first is not None
    # A leaf of its own memory, so that an op that is wrongly allowed spoils nothing.
    target = first.clone() if copy else first.detach().clone().requires_grad_()
    result = op(target, *rest, **evidence.sample.arguments)
    if not copy:
        return Found(None, [])
    found = torch.autograd.grad(result, wanted, evidence.point.cotangents, allow_unused=True)
    return Found(result.detach(), list(found))


def _judge(evidence: Evidence, title: str, found: Found | None, *, refuses: bool | None) -> Comparison:
    """Refused as declared, or right as declared; what is right and yet not as declared is the spec's mistake."""
    wrong = None if found is None else _wrong(evidence, found)
    if wrong is not None:
        return Comparison(title, Agreement.DISAGREE, *wrong)
    if refuses is None or refuses == (found is None):
        return Comparison(title, Agreement.AGREE)
    expected, got = ("refused", "allowed, and right") if refuses else ("allowed", "refused")
    sentence = f"the spec is wrong: it says that this is {expected}, but it is {got}"
    return Comparison(title, Agreement.DISAGREE, Culprit.SPEC, sentence, got=got, expected=expected)


def _wrong(evidence: Evidence, found: Found) -> tuple[Culprit, str] | None:
    """What is wrong with values and gradients that autograd let through, or None."""
    natural, expected = evidence.natural.errors, gradients(evidence.point)
    if found.value is not None:
        right = evidence.point.outputs[evidence.point.selected[0]]
        if match(found.value, widen(right), natural[f"output {evidence.point.selected[0]}"]).agreement is DISAGREE:
            return Culprit.FORWARD, "the in-place variant computes another value than the op"
    for name, gradient in zip(evidence.point.names, found.gradients, strict=True):
        right = expected[name]
        got = torch.zeros_like(right) if gradient is None else gradient
        if match(got, widen(right), natural[f"gradient {name}"]).agreement is DISAGREE:
            return Culprit.BACKWARD, "autograd neither refused nor was right: the gradient is silently wrong"
    return None


def _spoil(evidence: Evidence, name: str) -> Found:
    """The gradients, computed after ``name`` was overwritten with other values."""
    point = evidence.point
    copies = {n: None if t is None else t.detach().clone() for n, t in point.tensors.items()}
    leaves = {n: t.requires_grad_() if t is not None and n in point.names else t for n, t in copies.items()}
    moved = {n: t.clone() if t is not None and n in point.names else t for n, t in leaves.items()}
    outputs = point.select(point.call(moved))
    victim = outputs[0] if name == "y" else moved[name]
    assert victim is not None
    with torch.no_grad():
        victim.mul_(-2).add_(3)
    wanted = [leaf for n in point.names if (leaf := leaves[n]) is not None]
    return Found(None, list(torch.autograd.grad(outputs, wanted, point.cotangents, allow_unused=True)))


def _attempt(run: Callable[[], Found]) -> Found | None:
    """What ``run`` found, or None where autograd refused."""
    try:
        return run()
    except RuntimeError as error:
        if "in-place" in str(error) or "inplace" in str(error):
            return None
        raise


def _needs(definition: Definition | None) -> str:
    return "" if definition is not None and definition.inplace is not None else "nothing is declared about in-place"


CHECK = Check(compare, needs=_needs, samples="first")

"""Overwriting values never gives a silently wrong gradient.

The in-place variant must agree with the op, or be refused where the spec says so; on a leaf that requires grad it must
always be refused. Each input and the result is overwritten after the forward: what the backward needs must be
refused, and whatever is not refused must leave the gradient right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

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

Result = list[torch.Tensor] | None  # gradients, or None where autograd refused


def compare(evidence: Evidence) -> Iterator[Comparison]:
    """The in-place variant on a leaf and on a copy, then each value overwritten after the forward."""
    definition = evidence.subject.definition
    assert definition is not None and definition.inplace is not None
    if definition.inplace.op is not None:
        yield from _variant(evidence, definition.inplace, resolve(definition.inplace.op))
    for name in ["y", *evidence.point.names]:
        yield _overwritten(evidence, definition.inplace, name)


def _variant(evidence: Evidence, inplace: Inplace, op: Callable[..., torch.Tensor]) -> Iterator[Comparison]:
    refused = _attempt(lambda: _run(evidence, op, copy=False)) is None
    yield _fact("in place on a leaf that requires grad", "refused", "refused" if refused else "allowed")
    found = _attempt(lambda: _run(evidence, op, copy=True))
    name = "in place on a copy"
    if inplace.refused:
        yield _fact(name, "refused", "refused" if found is None else "allowed")
    elif found is None:
        yield _fact(name, "allowed", "refused")
    else:
        yield _same(name, evidence, found)


def _run(evidence: Evidence, op: Callable[..., torch.Tensor], *, copy: bool) -> list[torch.Tensor]:
    leaves = evidence.point.leaves()
    wanted = [leaf for name in evidence.point.names if (leaf := leaves[name]) is not None]
    first, *rest = leaves.values()
    assert first is not None
    # A leaf of its own memory, so that an op that is wrongly allowed spoils nothing.
    target = first.clone() if copy else first.detach().clone().requires_grad_()
    result = op(target, *rest, **evidence.sample.arguments)
    if not copy:
        return []
    return list(torch.autograd.grad(result, wanted, evidence.point.cotangents, allow_unused=True))


def _overwritten(evidence: Evidence, inplace: Inplace, name: str) -> Comparison:
    found = _attempt(lambda: _spoil(evidence, name))
    title = f"{name} overwritten after the forward"
    if found is None:
        return _fact(title, "refused", "refused")
    if name in inplace.saves:
        return _fact(title, "refused", "allowed")
    return _same(title, evidence, found)


def _spoil(evidence: Evidence, name: str) -> list[torch.Tensor]:
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
    return list(torch.autograd.grad(outputs, wanted, point.cotangents, allow_unused=True))


def _attempt(run: Callable[[], list[torch.Tensor]]) -> Result:
    try:
        return run()
    except RuntimeError as error:
        if "in-place" in str(error) or "inplace" in str(error):
            return None
        raise


def _same(name: str, evidence: Evidence, found: list[torch.Tensor]) -> Comparison:
    expected = gradients(evidence.point)
    for input_name, gradient in zip(evidence.point.names, found, strict=True):
        right = expected[input_name]
        got = torch.zeros_like(right) if gradient is None else gradient
        natural = evidence.natural.errors[f"gradient {input_name}"]
        if match(got, widen(right), natural).agreement is Agreement.DISAGREE:
            sentence = "autograd neither refused nor was right: the gradient is silently wrong"
            return Comparison(name, Agreement.DISAGREE, Culprit.BACKWARD, sentence, wrong_input=input_name)
    return Comparison(name, Agreement.AGREE)


def _fact(name: str, declared: str, found: str) -> Comparison:
    if declared == found:
        return Comparison(name, Agreement.AGREE)
    culprit = Culprit.BACKWARD if declared == "refused" else Culprit.SPEC
    return Comparison(
        name, Agreement.DISAGREE, culprit, f"must be {declared}, but autograd {found} it", got=found, expected=declared
    )


def _needs(definition: Definition | None) -> str:
    return "" if definition is not None and definition.inplace is not None else "nothing is declared about in-place"


CHECK = Check(compare, needs=_needs, samples="first")

"""Overwriting values never gives a silently wrong gradient.

Each input and each output is overwritten after the forward: the backward must refuse it, or still be right. Where the
spec declares an in-place variant, that must agree with the op, or be refused where the spec says so; on a leaf that
requires grad it must always be refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch

from gradsuite.comparison import Check, Comparison
from gradsuite.errors import Unsupported
from gradsuite.numerics.estimate import Agreement
from gradsuite.numerics.precision import widen
from gradsuite.results import Culprit
from gradsuite.routes import sameness
from gradsuite.routes.elementwise import match
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.reverse import gradients
from gradsuite.routes.sameness import Condition, Numbers
from gradsuite.spec.definition import Inplace
from gradsuite.subject import resolve

DISAGREE = Agreement.DISAGREE


@dataclass(frozen=True)
class Found:
    """What came of a run that autograd allowed: the value (None where it was overwritten on purpose), the gradients."""

    value: torch.Tensor | None
    gradients: list[torch.Tensor | None]


def compare(evidence: Evidence) -> Iterator[Comparison]:
    """The in-place variant on a leaf and on a copy, then each value overwritten after the forward."""
    gradients(evidence.point)  # unsupported where there is no backward
    declared = _declared(evidence)
    if declared.op is not None:
        yield from _variant(evidence, declared, resolve(declared.op))
    given = [name for name, tensor in evidence.point.tensors.items() if tensor is not None]
    alone = sameness.alone(evidence, evidence.point)
    for name in [*_outputs(evidence), *given]:
        named = name == "y" or name in evidence.point.names  # what a spec speaks of when it says what is saved
        yield from _overwritten(alone, name, name in declared.saves if declared.saves is not None and named else None)


def _declared(evidence: Evidence) -> Inplace:
    definition = evidence.subject.definition
    said = None if definition is None else definition.inplace
    return said or Inplace(op=None, refused=False, saves=None)


def _outputs(evidence: Evidence) -> dict[str, int]:
    """The outputs that carry a gradient, by name: the first is y."""
    return {f"output {i}" if place else "y": i for place, i in enumerate(evidence.point.selected)}


def _variant(evidence: Evidence, inplace: Inplace, op: Callable[..., torch.Tensor]) -> Iterator[Comparison]:
    title = "in place on a leaf that requires grad"
    if _attempt(lambda: _run(evidence, op, copy=False)) is None:
        yield Comparison(title, Agreement.AGREE)
    else:
        sentence = "a leaf that requires grad was overwritten, and autograd did not refuse it"
        yield Comparison(title, Agreement.DISAGREE, Culprit.BACKWARD, sentence, got="allowed", expected="refused")
    found = _attempt(lambda: _run(evidence, op, copy=True))
    wrong = None if found is None else _wrong(evidence, found)
    title = "in place on a copy"
    if wrong is not None:
        yield Comparison(title, DISAGREE, *wrong)
    else:
        yield _as_declared(title, refused=found is None, refuses=inplace.refused)


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


def _overwritten(alone: Evidence, name: str, refuses: bool | None) -> Iterator[Comparison]:
    """Whether the backward refuses, or is right all the same; and then whether that is as declared."""
    title = f"{name} overwritten after the forward"
    found: list[Comparison] = []
    if not (refused := _spoilt(alone, name) is None):
        when = f"{name} is overwritten after the forward, and nobody refuses that"
        found = list(sameness.compare(alone, [Condition(title, when, alone, lambda: _not_refused(alone, name))]))
    wrong = [comparison for comparison in found if comparison.agreement is not Agreement.AGREE]
    yield from wrong or [_as_declared(title, refused=refused, refuses=refuses)]


def _as_declared(title: str, *, refused: bool, refuses: bool | None) -> Comparison:
    """What is right and yet not as declared is the spec's mistake."""
    if refuses is None or refuses == refused:
        return Comparison(title, Agreement.AGREE)
    expected, got = ("refused", "allowed, and right") if refuses else ("allowed", "refused")
    sentence = f"the spec is wrong: it says that this is {expected}, but it is {got}"
    return Comparison(title, DISAGREE, Culprit.SPEC, sentence, got=got, expected=expected)


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


def _spoilt(alone: Evidence, name: str) -> Numbers | None:
    """The gradients, computed after ``name`` was overwritten; None where autograd, or the backward, refuses that."""
    point = alone.point.afresh()
    copies = {n: None if t is None else t.detach().clone() for n, t in point.tensors.items()}
    leaves = {n: t.requires_grad_() if t is not None and n in point.names else t for n, t in copies.items()}
    moved = {n: t.clone() if t is not None and n in point.names else t for n, t in leaves.items()}
    outputs, places = point.call(moved), _outputs(alone)
    wanted = [leaf for n in point.names if (leaf := leaves[n]) is not None]
    try:
        _overwrite(outputs[places[name]] if name in places else moved[name])
        found = torch.autograd.grad(point.select(outputs), wanted, point.cotangents, allow_unused=True)
    except Exception:  # whatever it is, it is not silent
        return None
    pairs = zip(point.names, found, wanted, strict=True)
    return {f"gradient {n}": torch.zeros_like(leaf) if g is None else g for n, g, leaf in pairs}


def _not_refused(alone: Evidence, name: str) -> Numbers:
    found = _spoilt(alone, name)
    if found is None:
        raise Unsupported("refused, but not in every call")
    return found


@torch.no_grad()
def _overwrite(victim: torch.Tensor | None) -> None:
    """Other numbers; what counts or chooses keeps its own, in another order."""
    assert victim is not None
    if victim.is_floating_point() or victim.is_complex():
        victim.mul_(-2).add_(3)
    else:
        victim.copy_(victim.flip(tuple(range(victim.dim()))))


def _attempt(run: Callable[[], Found]) -> Found | None:
    """What ``run`` found, or None where autograd refused."""
    try:
        return run()
    except RuntimeError as error:
        if "in-place" in str(error) or "inplace" in str(error):
            return None
        raise


CHECK = Check(compare, samples="first")

"""The op agrees with the other compositions that the spec declares, in value and in every gradient.

Convolution is unfold, matrix product and fold; cross entropy is the negative log likelihood of log-softmax. The two
may differ by the natural error of computing both.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch

from gradsuite.comparison import Check, Comparison, Figures
from gradsuite.numerics.estimate import Agreement
from gradsuite.numerics.noise import Noise
from gradsuite.numerics.precision import widen
from gradsuite.results import Culprit
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.jury import blame_declared
from gradsuite.routes.natural import Computation, Numbers
from gradsuite.routes.point import Point, Tensors
from gradsuite.routes.residual import residuals
from gradsuite.routes.reverse import gradients
from gradsuite.sample import Sample, Subject
from gradsuite.spec.definition import Definition, Equivalence
from gradsuite.spec.formula import evaluate
from gradsuite.spec.lower import Scope
from gradsuite.subject import TORCH, resolve


def compare(evidence: Evidence) -> Iterator[Comparison]:
    """For each composition: its values, and its gradient for each differentiable input."""
    definition = evidence.subject.definition
    assert definition is not None
    for name, other in definition.equals.items():
        if other.when is None or evaluate(other.when, _scope(definition, evidence.point), TORCH):
            yield from _compare(evidence, name, composed(evidence.subject, definition, other))


def _compare(evidence: Evidence, name: str, other: Subject) -> Iterator[Comparison]:
    for gap in residuals(evidence, _computation(evidence, other), salt=6):
        verdict: tuple[Agreement, Culprit | None, str] = (gap.agreement, None, "")
        if gap.agreement is Agreement.DISAGREE:
            verdict = blame_declared(evidence, f"equivalence with {name}")
        yield Comparison(
            f"equivalence with {name}: {gap.name}", *verdict,
            where=f"{gap.name}, element {gap.where}", got=f"apart by {gap.size:.3g}", expected="equal",
            figures=Figures(ratios=gap.ratios),
        )  # fmt: skip


def composed(subject: Subject, definition: Definition, other: Equivalence) -> Subject:
    """The composition as a subject of the same inputs."""
    functions = {short: resolve(path) for short, path in other.functions.items()}

    def call(tensors: Tensors, sample: Sample) -> tuple[torch.Tensor, ...]:
        scope = Scope(definition, tensors, sample.arguments, sample.symbols, {}, TORCH, functions)
        return (evaluate(other.expression, scope, TORCH),)

    return Subject(subject.name, call, definition, subject.random)


def _scope(definition: Definition, point: Point) -> Scope:
    return Scope(definition, point.tensors, point.sample.arguments, point.sample.symbols, {}, TORCH)


def _computation(evidence: Evidence, other: Subject) -> Computation:
    errors = evidence.natural.errors  # found here: under the noise of what follows they would be others

    def compute(point: Point, cotangents: list[torch.Tensor], noise: Noise | None) -> Numbers:
        twin = point.of(other)
        mine, theirs = gradients(point, cotangents), gradients(twin, cotangents)
        found = {f"gradient {n}": _apart(mine[n], theirs[n]) for n in point.names}
        found["output 0"] = _apart(point.outputs[0], twin.outputs[0])
        return found if noise is None else {n: noise.shake(gap, errors[n]) for n, gap in found.items()}

    return compute


def _apart(mine: torch.Tensor, theirs: torch.Tensor) -> torch.Tensor:
    """The difference; none between equal infinities."""
    return torch.where(mine == theirs, 0.0, widen(mine) - widen(theirs))


CHECK = Check(
    compare, needs=lambda definition: "" if definition and definition.equals else "no equivalence is declared"
)

"""The identities that the spec declares hold for the gradients that autograd computes.

Each is an equation in the inputs, the output y, the cotangent ct and the gradients d_<input>: the columns of
softmax's Jacobian sum to zero, a homogeneous function obeys Euler's relation. Left minus right must be zero within
the natural error of computing it.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch

from gradsuite.comparison import Check, Comparison, Figures
from gradsuite.errors import Unsupported
from gradsuite.numerics.estimate import Agreement
from gradsuite.numerics.noise import Noise
from gradsuite.numerics.precision import widen
from gradsuite.results import Culprit
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.jury import blame_declared
from gradsuite.routes.natural import Computation, Numbers
from gradsuite.routes.point import Point
from gradsuite.routes.residual import residuals
from gradsuite.routes.reverse import gradients
from gradsuite.spec.definition import Definition
from gradsuite.spec.formula import evaluate
from gradsuite.spec.lower import Scope
from gradsuite.subject import TORCH


def compare(evidence: Evidence) -> Iterator[Comparison]:
    """One comparison for each declared identity."""
    definition = evidence.subject.definition
    assert definition is not None
    if any(t is not None and not t.numel() for t in evidence.point.tensors.values()):
        raise Unsupported("an identity between elements says nothing of an empty tensor")
    for gap in residuals(evidence, _computation(evidence, definition), salt=5):
        verdict: tuple[Agreement, Culprit | None, str] = (gap.agreement, None, "")
        if gap.agreement is Agreement.DISAGREE:
            verdict = blame_declared(evidence, f"identity {gap.name}")
        yield Comparison(
            f"identity {gap.name}", *verdict, where=f"element {gap.where}" if gap.where else "",
            got=f"a residual of {gap.size:.3g}", expected="0", figures=Figures(ratios=gap.ratios),
        )  # fmt: skip


def _computation(evidence: Evidence, definition: Definition) -> Computation:
    errors = evidence.natural.errors  # found here: under the noise of what follows they would be others

    def compute(point: Point, cotangents: list[torch.Tensor], noise: Noise | None) -> Numbers:
        computed = {f"gradient {n}": widen(g) for n, g in gradients(point, cotangents).items()}
        computed[f"output {point.selected[0]}"] = widen(point.outputs[point.selected[0]])
        if noise is not None:
            computed = {n: noise.shake(value, errors[n]) for n, value in computed.items()}
        known = {f"d_{n}": computed[f"gradient {n}"] for n in point.names}
        known |= {"ct": widen(cotangents[0]), "y": computed[f"output {point.selected[0]}"]}
        inputs = {name: None if t is None else widen(t) for name, t in point.tensors.items()}
        constant = set(definition.inputs) - set(
            point.names
        )  # at this sample: an identity on their gradients is left out
        scope = Scope(definition, inputs, point.sample.arguments, point.sample.symbols, {}, TORCH, extra=known)
        return {
            name: torch.as_tensor(evaluate(left, scope, TORCH) - evaluate(right, scope, TORCH))
            for name, (left, right) in definition.identities.items()
            if all(f"d_{n}" not in left.names | right.names for n in constant)
        }

    return compute


CHECK = Check(
    compare, needs=lambda definition: "" if definition and definition.identities else "no identity is declared"
)

"""Formulas in balls: right ones are proven to many digits at the sample; wrong ones are disproven, the spec blamed."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from gradsuite.checks.reverse import compare
from gradsuite.numerics.estimate import Agreement
from gradsuite.results import Culprit
from tests.routes.points import at, catalogue, normal, spec_of

SOFTMAX = """
gradsuite: 1
op: torch.nn.functional.softmax
summary: Exponentials along a dimension, scaled so that they sum to one.
reference: Bridle (1990)
inputs:
  x: {{shape: "*B C", domain: real}}
arguments:
  dim: [-1]
let: {{e: "exp(x - max(x, dim))"}}
forward: e / sum(e, dim)
derivative:
  x: {derivative}
"""
RIGHT = '{jacobian: "y[i] * (delta(i, j) - y[j])", along: dim}'
WRONG = {
    "diagonal with the sign flipped": "{elementwise: y**2 - y}",
    "diagonal": "{elementwise: y - y**2}",
    "plus": '{jacobian: "y[i] * (delta(i, j) + y[j])", along: dim}',
    "a little too large": '{jacobian: "1.0000000001 * y[i] * (delta(i, j) - y[j])", along: dim}',
    "zero": '{jacobian: "0 * y[i] * y[j]", along: dim}',
}


def _softmax(folder: Path, derivative: str, dtype: torch.dtype = torch.float64):
    spec = spec_of(folder, SOFTMAX.format(derivative=derivative), "softmax")
    return at(spec, x=normal(4, 5, dtype=dtype))


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_softmax_is_proven_to_many_digits(tmp_path: Path, dtype: torch.dtype) -> None:
    evidence = _softmax(tmp_path, RIGHT, dtype)
    assert evidence.formula is not None and evidence.formula.proof is not None
    assert evidence.proven is True
    assert evidence.formula.proof[1] > 60


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_formula_is_disproven_and_the_spec_is_blamed(tmp_path: Path, wrong: str) -> None:
    evidence = _softmax(tmp_path, WRONG[wrong])
    assert evidence.proven is False
    (found,) = compare(evidence)
    assert found.agreement is Agreement.DISAGREE and found.culprit is Culprit.SPEC


def test_the_op_must_compute_the_declared_forward(tmp_path: Path) -> None:
    right = _softmax(tmp_path, RIGHT)
    assert right.values_agree is True
    text = SOFTMAX.format(derivative='{jacobian: "2 * y[i] * (delta(i, j) - y[j] / 2)", along: dim}')
    other = at(spec_of(tmp_path, text.replace("e / sum(e, dim)", "2 * e / sum(e, dim)"), "softmax"), x=normal(4, 5))
    assert other.values_agree is False


@pytest.mark.parametrize(
    ("path", "tensors"),
    [
        ("pointwise/exp.grad.yaml", {"x": (3, 4)}),
        ("pointwise/sigmoid.grad.yaml", {"x": (5,)}),
        ("pointwise/tanh.grad.yaml", {"x": (5,)}),
    ],
)
def test_truth_and_autograd_lie_within_a_few_units(path: str, tensors: dict[str, tuple[int, ...]]) -> None:
    evidence = at(catalogue(path), **{name: normal(*shape) for name, shape in tensors.items()})
    for name, truth in evidence.truth.items():
        assert torch.allclose(evidence.gradients[name], truth, rtol=2e-15, atol=0)
        assert evidence.proven


def test_on_a_kink_there_is_nothing_to_prove() -> None:
    evidence = at(catalogue("activation/relu.grad.yaml"), x=torch.tensor([0.0, 1.0], dtype=torch.float64))
    assert evidence.formula is not None and evidence.formula.proof is None
    assert evidence.proven is None


@pytest.mark.parametrize(("scale", "proven"), [(1e-200, True), (1e-30, True), (20.0, True), (1e100, None)])
def test_far_from_one_a_right_formula_is_never_disproven(scale: float, proven: bool | None) -> None:
    """Where the derivative is smaller than the bits can tell, nothing is claimed."""
    assert at(catalogue("pointwise/tanh.grad.yaml"), x=normal(4) * scale).proven is proven

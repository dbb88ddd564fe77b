"""Ops that are defined on a set alone: the set is declared in a word, and the gradient is held along it."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import gradsuite
from gradsuite.errors import UsageError
from tests.planted.planted import op

S = torch.tensor([[2.0, 0.5, -0.25], [0.5, 1.5, 0.75], [-0.25, 0.75, 3.0]], dtype=torch.float64)
Q = torch.tensor([[0.5, -0.5, 0.1, 0.7], [0.1, 0.2, -0.9, 0.3]], dtype=torch.float64)


def _logdet_of_one_triangle(scale: float) -> Any:
    """Reads the lower triangle, and gives the gradient of a symmetric matrix, half of it in either triangle."""
    return op(
        lambda s: torch.linalg.cholesky(s).diagonal().log().sum() * 2,
        lambda ct, s: scale * ct * torch.linalg.inv(torch.tril(s) + torch.tril(s, -1).mT),
    )


def _rotated(scale: float) -> Any:
    """A quaternion's first row of the rotation matrix, whose gradient leaves out what points away from the sphere."""

    def forward(q: torch.Tensor) -> torch.Tensor:
        return q[..., 0] ** 2 + q[..., 1] ** 2 - q[..., 2] ** 2 - q[..., 3] ** 2

    def backward(ct: torch.Tensor, q: torch.Tensor) -> torch.Tensor:
        full = 2 * ct[..., None] * q * q.new_tensor([1.0, 1.0, -1.0, -1.0])
        return scale * (full - (full * q).sum(-1, keepdim=True) * q)

    return op(forward, backward)


CASES = [
    pytest.param(_logdet_of_one_triangle, S, "symmetric", id="symmetric"),
    pytest.param(_rotated, Q / Q.norm(dim=-1, keepdim=True), "sphere", id="sphere"),
]


@pytest.mark.parametrize(("make", "x", "word"), CASES)
def test_what_is_right_along_the_set_is_right(make: Any, x: torch.Tensor, word: str) -> None:
    report = gradsuite.check(make(1.0), (x,), domain=[word], profile="quick")
    assert report.ok, str(report)
    assert any(f"({word})" in note for note in report.op.notes)


@pytest.mark.parametrize(("make", "x", "word"), CASES)
def test_what_is_wrong_along_the_set_is_found(make: Any, x: torch.Tensor, word: str) -> None:
    report = gradsuite.check(make(1.01), (x,), domain=[word], checks=["reverse"], profile="quick")
    assert {str(failure.culprit) for failure in report.failures} == {"backward"}


def test_off_a_sphere_that_nobody_declared_it_is_another_function() -> None:
    """Unit vectors are not taken for a set: a gradient that forgets what normalising does would go unseen there."""
    assert not gradsuite.check(_rotated(1.0), (Q / Q.norm(dim=-1, keepdim=True),), checks=["reverse"]).ok


def test_a_formula_beside_a_set_is_refused() -> None:
    with pytest.raises(UsageError, match="the set that the domain names"):
        gradsuite.check(torch.sin, (S,), domain=["symmetric"], derivative={"x0": "cos(x0)"})


def _cholesky(diagonal: float) -> Any:
    """The Cholesky factor, which reads one triangle, and its derivative along symmetric matrices (Murray 2016)."""

    def forward(s: torch.Tensor) -> torch.Tensor:
        return torch.linalg.cholesky(s)

    def backward(ct: torch.Tensor, s: torch.Tensor) -> torch.Tensor:
        factor = torch.linalg.cholesky(s)
        inner = torch.tril(factor.mT @ ct)
        inner = inner - (1 - diagonal) * torch.diag_embed(inner.diagonal(dim1=-2, dim2=-1))
        inverse = torch.linalg.inv(factor)
        outer = inverse.mT @ inner @ inverse
        return (outer + outer.mT) / 2

    return op(forward, backward)


def _eigenvalues(scale: float) -> Any:
    """All eigenvalues in ascending order; the gradient of each is the projection onto its vector."""

    def backward(ct: torch.Tensor, s: torch.Tensor) -> torch.Tensor:
        vectors = torch.linalg.eigh(s).eigenvectors
        return scale * (vectors * ct[..., None, :]) @ vectors.mT

    return op(torch.linalg.eigvalsh, backward)


INDEFINITE = S - 2 * torch.eye(3, dtype=torch.float64)
LEARNT = [
    pytest.param(lambda right: _cholesky(0.5 if right else 1.0), S, "positive_definite", id="cholesky"),
    pytest.param(lambda right: _eigenvalues(1.0 if right else 1.01), S, "positive_definite", id="definite"),
    pytest.param(lambda right: _eigenvalues(1.0 if right else 1.01), INDEFINITE, "symmetric", id="symmetric"),
]


@pytest.mark.parametrize(("make", "x", "word"), LEARNT)
def test_a_set_on_which_the_example_lies_is_learnt_where_the_op_needs_it(make: Any, x: torch.Tensor, word: str) -> None:
    report = gradsuite.check(make(True), (x,), profile="quick")
    assert report.ok, str(report)
    assert any(f"({word})" in note and "as its example does" in note for note in report.op.notes)


@pytest.mark.parametrize(("make", "x", "word"), LEARNT)
def test_a_wrong_gradient_is_found_along_a_learnt_set(make: Any, x: torch.Tensor, word: str) -> None:
    report = gradsuite.check(make(False), (x,), profile="quick", checks=["reverse"])
    assert "backward" in {str(failure.culprit) for failure in report.failures}


def test_an_op_that_is_right_off_the_set_as_well_keeps_all_matrices() -> None:
    report = gradsuite.check(op(lambda s: s @ s, lambda ct, s: ct @ s.mT + s.mT @ ct), (S,), profile="quick")
    assert report.ok, str(report)
    assert not any("projected" in note for note in report.op.notes)
    transposed = op(lambda s: s @ s, lambda ct, s: ct @ s + s @ ct)  # right at symmetric matrices alone
    for example in (S + S.triu(1), S):  # a symmetric example excuses nothing where the values are those of all matrices
        asymmetric = gradsuite.check(transposed, (example,), profile="quick", checks=["reverse"])
        assert [str(failure.culprit) for failure in asymmetric.failures] == ["backward"]

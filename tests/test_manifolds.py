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
    assert not gradsuite.check(
        make(1.0), (x,), checks=["reverse"], profile="quick"
    ).ok  # off the set it is another function
    report = gradsuite.check(make(1.0), (x,), domain=[word], profile="quick")
    assert report.ok, str(report)
    assert any(f"({word})" in note for note in report.op.notes)


@pytest.mark.parametrize(("make", "x", "word"), CASES)
def test_what_is_wrong_along_the_set_is_found(make: Any, x: torch.Tensor, word: str) -> None:
    report = gradsuite.check(make(1.01), (x,), domain=[word], checks=["reverse"], profile="quick")
    assert {str(failure.culprit) for failure in report.failures} == {"backward"}


def test_a_formula_beside_a_set_is_refused() -> None:
    with pytest.raises(UsageError, match="the set that the domain names"):
        gradsuite.check(torch.sin, (S,), domain=["symmetric"], derivative={"x0": "cos(x0)"})

"""Wrong only where nobody gave an example: what ``gradsuite.check`` learns from the examples leads there."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

import gradsuite
from gradsuite.results import Culprit
from tests.planted.planted import op


def _roots(ct: torch.Tensor, a: torch.Tensor, divided: Callable[..., torch.Tensor]) -> torch.Tensor:
    values, vectors = torch.linalg.eigh((a + a.mT) / 2)
    inner = divided(values.sqrt(), values) * (vectors.mT @ ((ct + ct.mT) / 2) @ vectors)
    return vectors @ inner @ vectors.mT


def _root(a: torch.Tensor) -> torch.Tensor:
    """The root of a positive definite matrix (Higham, Functions of Matrices, 2008, chapter 6); it refuses others."""
    values, vectors = torch.linalg.eigh((a + a.mT) / 2)
    if bool((values <= 0).any()):
        raise ValueError("positive definite")
    return (vectors * values.sqrt()) @ vectors.mT


def _by_sums(roots: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    return 1 / (roots[:, None] + roots[None])


def _by_differences(roots: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    """Zero where two eigenvalues are equal, but on the diagonal."""
    apart = values[:, None] - values[None]
    return (roots[:, None] - roots[None]) / torch.where(apart == 0, torch.inf, apart) + torch.diag(0.5 / roots)


@pytest.mark.parametrize(("divided", "culprit"), [(_by_sums, None), (_by_differences, Culprit.BACKWARD)])
def test_of_a_definite_example_equal_eigenvalues_are_drawn(divided, culprit) -> None:
    x = torch.tensor([[2.0, 0.5, 0.25], [0.5, 3.0, 1.5], [0.25, 1.5, 4.0]], dtype=torch.float64)
    report = gradsuite.check(op(_root, lambda ct, a: _roots(ct, a, divided)), x, checks=["reverse"])
    assert report.culprit is culprit, str(report)
    assert "drawn as A A: positive_definite" in str(report)


@pytest.mark.parametrize(("wrong", "culprit"), [(False, None), (True, Culprit.BACKWARD)])
def test_of_causal_attention_fewer_queries_than_keys_are_drawn(wrong, culprit) -> None:
    def causal(q: torch.Tensor, k: torch.Tensor, corner: int) -> torch.Tensor:
        return torch.ones(q.shape[-2], k.shape[-2], dtype=q.dtype).tril(corner)

    def scores(q: torch.Tensor, k: torch.Tensor) -> torch.Tensor:
        if q.shape[-2] > k.shape[-2]:
            raise ValueError("more queries than keys")
        return (q @ k.mT) * causal(q, k, k.shape[-2] - q.shape[-2])

    def backward(ct: torch.Tensor, q: torch.Tensor, k: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        kept = ct * causal(q, k, 0 if wrong else k.shape[-2] - q.shape[-2])
        return kept @ k, kept.mT @ q

    inputs = (torch.randn(4, 3, dtype=torch.float64), torch.randn(4, 3, dtype=torch.float64))
    assert gradsuite.check(op(scores, backward), inputs, checks=["reverse"]).culprit is culprit


@pytest.mark.parametrize(("dtype", "culprit"), [(torch.float32, None), (torch.float16, Culprit.BACKWARD)])
def test_sums_in_float16_are_long_enough_to_stand_still(dtype, culprit) -> None:
    def backward(ct: torch.Tensor, x: torch.Tensor, b: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        total = torch.zeros_like(b)
        for row in ct.to(dtype) if ct.dtype is torch.float16 else ct:
            total = total + row
        return ct, total.to(b.dtype)

    bias = op(torch.add, backward)
    inputs = (torch.randn(32, 8, dtype=torch.float16), torch.randn(8, dtype=torch.float16))
    report = gradsuite.check(bias, inputs, checks=["summation"], dtypes=[torch.float16], profile="quick")
    assert report.culprit is culprit, str(report)

"""What a mistake looks like: each hypothesis is recognised, and a right Jacobian is left alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from gradsuite.numerics.diagnosis import Fit, diagnose, factor_in_words

Mistake = Callable[[torch.Tensor], torch.Tensor]


def _truth(rows: int, columns: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    return torch.randn(rows, columns, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def _said(truth: torch.Tensor, got: torch.Tensor, shape: tuple[int, ...]) -> str:
    bound = torch.full(truth.shape, 1e-12, dtype=torch.float64)
    return diagnose(Fit(got, truth, bound, (truth.shape[0],), shape))


def _cube(change: Mistake, *shape: int) -> Mistake:
    return lambda jacobian: change(jacobian.reshape(-1, *shape)).reshape(jacobian.shape)


SQUARE: dict[str, tuple[Mistake, str]] = {
    "sign": (lambda j: -j, "the sign is flipped"),
    "twice": (lambda j: 2 * j, "2 times too large"),
    "half": (lambda j: j / 2, "2 times too small"),
    "N": (lambda j: 6 * j, "6 is the number of"),
    "1/N": (lambda j: j / 6, "6 is the number of"),
    "negated and doubled": (lambda j: -2 * j, "the sign is flipped, and 2 times too large"),
    "zero": (torch.zeros_like, "zero everywhere"),
    "transposed": (lambda j: j.T, "transposed (the Jacobian)"),
    "diagonal": (lambda j: torch.diag(torch.diag(j)), "only the diagonal"),
    "no diagonal": (lambda j: j - torch.diag(torch.diag(j)), "the diagonal is missing"),
    "negated diagonal": (lambda j: -torch.diag(torch.diag(j)), "the sign is flipped, and only the diagonal"),
    "flipped": (lambda j: j.flip(1), "flipped along axis 0"),
    "rolled": (lambda j: j.roll(2, 1), "rolled by 2 along axis 0"),
    "tail": (lambda j: j * (torch.arange(6) < 4), "a tail of 2 zeros"),
    "one hole": (lambda j: j * (torch.arange(6) != 2), "zero at elements 2"),
    "blind": (lambda j: j * (torch.arange(6) != 1)[:, None], "blind to outputs 1"),
    "summed": (lambda j: j.sum(1, keepdim=True).expand_as(j), "summed over axis 0 and spread again"),
    "float32": (lambda j: j.to(torch.float32).to(torch.float64), "float32's roundoff"),
    "not finite": (lambda j: torch.full_like(j, float("nan")), "not finite"),
}


@pytest.mark.parametrize("mistake", SQUARE)
def test_a_mistake_is_recognised(mistake: str) -> None:
    change, words = SQUARE[mistake]
    truth = _truth(6, 6)
    assert words in _said(truth, change(truth), (6,))


@pytest.mark.parametrize("seed", range(5))
def test_a_right_jacobian_says_nothing(seed: int) -> None:
    truth = _truth(4, 6, seed)
    assert _said(truth, truth.clone(), (6,)) == ""
    assert _said(truth, truth + 1e-13, (6,)) == ""


def test_a_mistake_that_nobody_knows_is_not_named() -> None:
    assert _said(_truth(4, 6), _truth(4, 6, seed=9), (6,)) == ""


def test_axes_of_the_input() -> None:
    truth = _truth(4, 9)
    assert "transposed (the last two axes" in _said(truth, _cube(lambda c: c.mT, 3, 3)(truth), (3, 3))
    truth = _truth(4, 6)
    assert "flipped along axis 1" in _said(truth, _cube(lambda c: c.flip(2), 2, 3)(truth), (2, 3))
    assert "rolled by 1 along axis 1" in _said(truth, _cube(lambda c: c.roll(1, 2), 2, 3)(truth), (2, 3))


def test_a_missing_conjugate() -> None:
    truth = _truth(3, 4, dtype=torch.complex128)
    assert _said(truth, truth.conj(), (4,)) == "a conjugate is missing"


@pytest.mark.parametrize(
    ("factor", "words"),
    [(1.0, ""), (-1.0, "the sign is flipped"), (3.0, "3 times too large"), (0.25, "4 times too small")],
)
def test_factors_in_words(factor: float, words: str) -> None:
    assert factor_in_words(factor, {}) == words


def test_an_empty_jacobian_is_no_mistake() -> None:
    truth = torch.zeros(0, 3, dtype=torch.float64)
    assert isinstance(_said(truth, truth, (3,)), str)

"""Forwards that are less exact than their dtype: recognised, told, and no reason to accuse anybody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import gradsuite
from tests.planted.planted import op

X = torch.linspace(-1.5, 1.7, 12, dtype=torch.float64).reshape(3, 4)
WEIGHT = torch.linspace(-1, 1, 12).reshape(3, 4)


def _in_float32(fn: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x: fn(x.float()).to(x.dtype)


def _norm(x: torch.Tensor) -> torch.Tensor:
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5)


def _notes(report: gradsuite.Report) -> list[str]:
    return [note for result in report.results for note in result.notes]


@pytest.mark.parametrize(
    "fn",
    [
        pytest.param(torch.sin, id="sin"),
        pytest.param(lambda x: torch.softmax(x, -1), id="softmax"),
        pytest.param(lambda x: x @ WEIGHT.T, id="float32 weights"),
        pytest.param(_norm, id="norm"),
    ],
)
def test_what_computes_in_float32_inside_is_left_alone_and_told(fn: Callable[..., Any]) -> None:
    report = gradsuite.check(_in_float32(fn), (X,))
    assert report.ok, str(report)
    assert any("computes in float32 inside" in note for note in _notes(report))


def test_a_wrong_gradient_is_found_all_the_same() -> None:
    wrong = op(torch.sin, lambda ct, x: 1.001 * ct * x.cos())
    report = gradsuite.check(_in_float32(wrong), (X,), checks=["reverse"])
    assert [str(failure.culprit) for failure in report.failures] == ["backward"]


def test_a_constant_that_is_rounded_is_no_excuse() -> None:
    def weight() -> torch.Tensor:
        return torch.linspace(-1, 1, 16, dtype=torch.float64).reshape(4, 4).float().double()

    wrong = op(lambda x: x @ weight(), lambda ct, x: 1.000001 * ct @ weight().T)
    report = gradsuite.check(wrong, (X,), checks=["reverse"])
    assert [str(failure.culprit) for failure in report.failures] == ["backward"] and not _notes(report)


def test_a_backward_that_alone_narrows_is_no_excuse() -> None:
    wrong = op(torch.sin, lambda ct, x: (ct.bfloat16() * x.bfloat16().cos()).to(x.dtype))
    assert not gradsuite.check(wrong, (X,), checks=["reverse"]).ok


def _kernel(of: Callable[[np.ndarray], np.ndarray]) -> Callable[[torch.Tensor], torch.Tensor]:
    """A kernel that computes in float32 whatever it is given, out of sight."""
    return lambda x: torch.from_numpy(of(x.detach().numpy().astype(np.float32))).to(x.dtype)


HIDDEN = {
    "sin": (_kernel(np.sin), lambda ct, x: ct * x.cos()),
    "softplus": (_kernel(lambda x: np.logaddexp(x, np.float32(0))), lambda ct, x: ct * x.sigmoid()),
    "square, summed": (_kernel(lambda x: (x**2).sum(-1)), lambda ct, x: 2 * ct[..., None] * x),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_a_kernel_that_nobody_can_look_into_is_not_accused_at_any_scale(name: str) -> None:
    kernel = op(*HIDDEN[name])
    report = gradsuite.check(lambda x: kernel(x), (X,), checks=["reverse", "scale", "large"], dtypes=[torch.float64])
    assert report.ok, str(report)


@pytest.mark.parametrize("name", HIDDEN)
def test_and_is_found_where_it_is_wrong(name: str) -> None:
    forward, backward = HIDDEN[name]
    kernel = op(forward, lambda ct, x: 1.01 * backward(ct, x))
    assert gradsuite.check(lambda x: kernel(x), (X,), checks=["reverse"]).culprit == "backward"


def test_a_kernel_that_nobody_can_look_into_shows_how_far_it_repeats() -> None:
    def kernel(x: torch.Tensor) -> torch.Tensor:
        return torch.from_numpy(0.1 * np.sin(x.detach().numpy().astype(np.float32)).astype(np.float64))

    report = gradsuite.check(op(kernel, lambda ct, x: 0.1 * ct * x.cos()), (X,), checks=["reverse"], profile="quick")
    assert any("the forward repeats only to 1e-7" in note for note in _notes(report)), _notes(report)


def _solver(factor: float) -> Any:
    """z = cos(z) / 2 + x by iteration until a step is small; the gradient is that of the implicit function."""

    def forward(x: torch.Tensor) -> torch.Tensor:
        z = torch.zeros_like(x)
        for _ in range(200):
            last, z = z, 0.5 * torch.cos(z) + x
            if not z.numel() or (z - last).abs().max() < 1e-9:
                break
        return z

    def backward(ct: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        z = x
        for _ in range(100):
            z = 0.5 * torch.cos(z) + x
        return factor * ct / (1 + 0.5 * torch.sin(z))

    return op(forward, backward)


def test_a_solver_that_stops_early_is_not_accused_of_what_it_leaves_over() -> None:
    report = gradsuite.check(_solver(1.0), (X,), checks=["reverse", "scale"], dtypes=[torch.float64], profile="quick")
    assert report.ok, str(report)
    assert any("stops early" in note for note in _notes(report)), _notes(report)


def test_and_is_found_where_its_gradient_is_wrong() -> None:
    report = gradsuite.check(_solver(1.0001), (X,), checks=["reverse"], dtypes=[torch.float64], profile="quick")
    assert [str(failure.culprit) for failure in report.failures] == ["backward"]


@pytest.mark.parametrize("factor", [1.0, 1.01])
def test_what_a_search_gives_beyond_its_bracket_is_not_held_against_it(factor: float) -> None:
    def forward(a: torch.Tensor) -> torch.Tensor:
        """The root of m**3 + m = a between 0 and a + 1, for positive a."""
        low, high = torch.zeros_like(a), a + 1
        for _ in range(60):
            middle = (low + high) / 2
            above = middle**3 + middle > a
            low, high = torch.where(above, low, middle), torch.where(above, middle, high)
        return (low + high) / 2

    search = op(forward, lambda ct, a: factor * ct / (3 * forward(a) ** 2 + 1))
    report = gradsuite.check(search, (X.abs() + 0.5,), checks=["reverse"], dtypes=[torch.float64], profile="quick")
    assert report.ok is (factor == 1)
    assert any("taken for nonnegative" in note for note in report.op.notes) is (factor == 1)

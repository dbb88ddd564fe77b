"""unfold and fold against torch's own, as each other's adjoint, and differentiable."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F

from gradsuite.spec.formula import evaluate, parse
from gradsuite.spec.formula.torch_reading import TorchReading

UNFOLD = parse("unfold(x, kernel, stride, padding, dilation)")
FOLD = parse("fold(c, output_size, kernel, stride, padding, dilation)")
SETTINGS = [
    {"kernel": 3, "stride": 1, "padding": 0, "dilation": 1},
    {"kernel": [2, 3], "stride": [2, 1], "padding": [1, 0], "dilation": [1, 2]},
    {"kernel": [1, 1], "stride": 3, "padding": 2, "dilation": 1},
]


def unfold(x: torch.Tensor, how: dict[str, Any]) -> torch.Tensor:
    found: torch.Tensor = evaluate(UNFOLD, {"x": x, **how}, TorchReading())
    return found


def fold(c: torch.Tensor, size: tuple[int, ...], how: dict[str, Any]) -> torch.Tensor:
    found: torch.Tensor = evaluate(FOLD, {"c": c, "output_size": size, **how}, TorchReading())
    return found


def theirs(how: dict[str, Any]) -> dict[str, Any]:
    return {"kernel_size": how["kernel"], **{key: how[key] for key in ("stride", "padding", "dilation")}}


@pytest.mark.parametrize("how", SETTINGS)
def test_unfold_and_fold_are_torchs(how: dict[str, Any]) -> None:
    x = torch.randn(2, 3, 6, 7, dtype=torch.float64)
    columns = unfold(x, how)
    assert torch.equal(columns, F.unfold(x, **theirs(how)))
    whole = torch.randint_like(columns, -9, 10)  # integers: sums in any order are the same
    assert torch.equal(fold(whole, (6, 7), how), F.fold(whole, (6, 7), **theirs(how)))


@pytest.mark.parametrize("how", SETTINGS)
def test_each_is_the_gradient_of_the_other(how: dict[str, Any]) -> None:
    x = torch.randint(-3, 4, (1, 2, 5, 6)).double().requires_grad_()
    columns = unfold(x, how)
    ct = torch.randint_like(columns, -3, 4)
    assert torch.equal(torch.autograd.grad(columns, x, ct)[0], fold(ct, (5, 6), how))
    c = ct.requires_grad_()
    assert torch.equal(torch.autograd.grad(fold(c, (5, 6), how), c, x.detach())[0], unfold(x.detach(), how))


def test_an_image_without_a_batch() -> None:
    x = torch.randn(3, 6, 7)
    assert torch.equal(unfold(x, SETTINGS[1]), F.unfold(x, **theirs(SETTINGS[1])))


def test_a_kernel_that_does_not_fit_is_refused() -> None:
    with pytest.raises(Exception, match="does not fit"):
        unfold(torch.randn(1, 1, 2, 2), SETTINGS[0])

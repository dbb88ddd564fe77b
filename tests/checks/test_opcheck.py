"""What a custom operator has not registered is told, and is no mistake."""

from __future__ import annotations

from typing import Any

import torch

import gradsuite
from gradsuite.results import Outcome


def _save(ctx: Any, inputs: tuple[torch.Tensor], output: torch.Tensor) -> None:
    ctx.save_for_backward(*inputs)


def _cube(x: torch.Tensor) -> torch.Tensor:
    return x**3


cube = torch.library.custom_op("gradsuite_bare::cube", _cube, mutates_args=())
cube.register_autograd(lambda ctx, ct: 3 * ct * ctx.saved_tensors[0] ** 2, setup_context=_save)
X = torch.tensor([0.5, -1.5, 2.0], dtype=torch.float64)


def test_an_operator_without_a_fake_implementation_is_told_so() -> None:
    (result,) = gradsuite.check(cube, X, checks=["opcheck"], dtypes=[torch.float64]).results
    assert result.outcome is Outcome.PASSED
    lack = "gradsuite_bare::cube has no fake implementation: torch.compile and torch.export cannot trace it"
    assert result.notes == (lack,)


def test_a_tangent_that_torch_drops_is_not_blamed_on_the_operator() -> None:
    checks = ["forward_mode", "adjoint", "batched_tangents"]
    for result in gradsuite.check(cube, X, checks=checks, dtypes=[torch.float64]).results:
        assert result.outcome is Outcome.UNSUPPORTED
        assert result.reason.startswith("torch.library.register_autograd has no forward mode")

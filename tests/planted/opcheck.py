"""Custom operators registered otherwise than they work: the check ``opcheck``."""

from __future__ import annotations

from typing import Any

import torch

from gradsuite.results import Culprit
from tests.planted.planted import Planted


def _save(ctx: Any, inputs: tuple[torch.Tensor], output: torch.Tensor) -> None:
    ctx.save_for_backward(*inputs)


def _backward(ctx: Any, ct: torch.Tensor) -> torch.Tensor:
    return 2 * ct * ctx.saved_tensors[0]


def _square(x: torch.Tensor) -> torch.Tensor:
    return x * x


def _square_spoiling(x: torch.Tensor) -> torch.Tensor:
    y = x * x
    x.data.add_(1)
    return y


def _registered(name: str, forward: Any, fake: Any) -> Any:
    op = torch.library.custom_op(f"gradsuite_planted::{name}", forward, mutates_args=())
    op.register_fake(fake)
    op.register_autograd(_backward, setup_context=_save)
    return op


square = _registered("square", _square, torch.empty_like)
square_spoiling = _registered("square_spoiling", _square_spoiling, torch.empty_like)
square_of_another_shape = _registered("square_of_another_shape", _square, lambda x: x.new_empty((*x.shape, 1)))
square_of_another_dtype = _registered(
    "square_of_another_dtype", _square, lambda x: torch.empty_like(x, dtype=torch.int32)
)

SQUARE = """
op: tests.planted.opcheck:PLANTED
inputs: {x: N C}
require: [N > 1, C > 1]
forward: x * x
derivative: {x: {elementwise: 2 * x}}
"""

PLANTED = [
    Planted("square: overwrites what its schema does not say", SQUARE, "square_spoiling", "square", Culprit.SPEC),
    Planted("square: a fake of another shape", SQUARE, "square_of_another_shape", "square", Culprit.SPEC),
    Planted("square: a fake of another dtype", SQUARE, "square_of_another_dtype", "square", Culprit.SPEC),
]

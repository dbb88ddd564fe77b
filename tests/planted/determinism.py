"""Ops that give something else from call to call: the check ``determinism``."""

from __future__ import annotations

import random

import torch

from gradsuite.results import Culprit
from tests.planted.planted import Planted, op

chance = random.Random(1)
total: dict[torch.Size, torch.Tensor] = {}


def _racing(rows: list[torch.Tensor]) -> torch.Tensor:
    """The sum of the rows, some of which are now and then lost."""
    return torch.stack([row * (chance.random() > 0.25) for row in rows]).sum(0)


def _outer(x: torch.Tensor, ct: torch.Tensor) -> list[torch.Tensor]:
    return [a[:, None] * b[None] for a, b in zip(x, ct, strict=True)]


def _added_up(ct: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """Adds to a buffer that nobody clears."""
    gradient = 2 * ct * x
    return total.setdefault(x.shape, torch.zeros_like(gradient)).add_(gradient).clone()


def _half_written(ct: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """Leaves the last entry as it finds it, which is often zero."""
    gradient = torch.empty(x.numel(), dtype=x.dtype)
    gradient[:-1] = (2 * ct * x).flatten()[:-1]
    return gradient.view(x.shape)


matmul = op(torch.matmul, lambda ct, x, w: (ct @ w.mT, torch.stack(_outer(x, ct)).sum(0)))
matmul_racing = op(torch.matmul, lambda ct, x, w: (ct @ w.mT, _racing(_outer(x, ct))))

sum_rows = op(lambda x: torch.stack(x.unbind()).sum(0), lambda ct, x: ct.expand_as(x))
sum_rows_racing = op(lambda x: _racing(list(x.unbind())), lambda ct, x: ct.expand_as(x))

square = op(lambda x: x * x, lambda ct, x: 2 * ct * x)
square_added_up = op(lambda x: x * x, _added_up)
square_half_written = op(lambda x: x * x, _half_written)

MATMUL = """
op: tests.planted.determinism:PLANTED
inputs: {x: N K, w: K M}
require: [N > 0]
forward: x @ w
derivative: {x: {vjp: ct @ w.T}, w: {vjp: x.T @ ct}}
"""
SUM = """
op: tests.planted.determinism:PLANTED
inputs: {x: N C}
require: [N > 0]
forward: sum(x, 0)
derivative: {x: {vjp: "ct + 0 * x"}}
"""
SQUARE = """
op: tests.planted.determinism:PLANTED
inputs: {x: "N C"}
forward: x * x
derivative: {x: {elementwise: 2 * x}}
"""

PLANTED = [
    Planted("matmul: a lost update", MATMUL, "matmul_racing", "matmul", Culprit.BACKWARD),
    Planted("matmul: in bfloat16", MATMUL, "matmul_racing", "matmul", Culprit.BACKWARD, dtype="bfloat16"),
    Planted("sum: a lost update", SUM, "sum_rows_racing", "sum_rows", Culprit.FORWARD),
    Planted("square: a buffer that is not cleared", SQUARE, "square_added_up", "square", Culprit.BACKWARD),
    Planted("square: an entry not written", SQUARE, "square_half_written", "square", Culprit.BACKWARD),
]

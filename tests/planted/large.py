"""Backwards that are right for a block and wrong past it: the check ``large``."""

from __future__ import annotations

import torch

from gradsuite.results import Culprit
from tests.planted.planted import Planted, op


def _rows_lost(ct, a, b):
    """The kernel's loop ends at 1024."""
    kept = torch.arange(a.shape[0])[:, None] < 1024
    return ct @ b.mT, (a * kept).mT @ ct


def _odd_one_lost(ct, x):
    """Blocks of 32, and what does not fill one is forgotten."""
    found = 2 * ct * x
    if x.dim() and x.shape[-1] > 32:
        found[..., x.shape[-1] // 32 * 32 :] = 0
    return found


def _wrapped(ct, x):
    """An index of eight bits in a loop over the last axis."""
    if not x.dim():
        return ct.expand(x.shape)
    return torch.where(torch.arange(x.shape[-1]) < 128, ct[..., None], -ct[..., None]).expand(x.shape)


matmul = op(torch.matmul, lambda ct, a, b: (ct @ b.mT, a.mT @ ct))
matmul_of_1024_rows = op(torch.matmul, _rows_lost)
square = op(torch.square, lambda ct, x: 2 * ct * x)
square_in_whole_blocks = op(torch.square, _odd_one_lost)
total = op(lambda x: x.sum(-1), lambda ct, x: (ct[..., None] if x.dim() else ct).expand(x.shape))
total_by_signed_bytes = op(lambda x: x.sum(-1), _wrapped)

MATMUL = """
op: tests.planted.large:PLANTED
inputs: {a: N K, b: K M}
forward: a @ b
derivative: {a: {vjp: ct @ b.T}, b: {vjp: a.T @ ct}}
"""
SQUARE = """
op: tests.planted.large:PLANTED
inputs: {x: "*B"}
forward: x * x
derivative: {x: {elementwise: 2 * x}}
"""
TOTAL = """
op: tests.planted.large:PLANTED
inputs: {x: "N C"}
forward: sum(x, -1)
derivative: {x: {vjp: "expand_dims(ct, -1) + 0 * x"}}
"""

PLANTED = [
    Planted("matmul: rows beyond 1024 are lost", MATMUL, "matmul_of_1024_rows", "matmul", Culprit.BACKWARD),
    Planted("square: the last block is not full", SQUARE, "square_in_whole_blocks", "square", Culprit.BACKWARD),
    Planted("sum: so in bfloat16", TOTAL, "total_by_signed_bytes", "total", Culprit.BACKWARD, dtype="bfloat16"),
    Planted("sum: an index wraps around", TOTAL, "total_by_signed_bytes", "total", Culprit.BACKWARD),
]

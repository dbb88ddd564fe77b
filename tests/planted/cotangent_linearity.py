"""Backwards that are not linear in the cotangent: the check ``cotangent_linearity``."""

from __future__ import annotations

import torch

from gradsuite.results import Culprit
from tests.planted.planted import Planted, op

sin = op(torch.sin, lambda ct, x: ct * x.cos())
sin_of_what_is_positive = op(torch.sin, lambda ct, x: ct.relu() * x.cos())
sin_of_the_magnitude = op(torch.sin, lambda ct, x: ct.abs() * x.cos())
sin_clipped = op(torch.sin, lambda ct, x: ct.clamp(-1, 1) * x.cos())
sin_clipped_late = op(torch.sin, lambda ct, x: ct.clamp(-1e4, 1e4) * x.cos())
sin_dropped = op(torch.sin, lambda ct, x: torch.where(ct.abs() < 1e-4, 0, ct) * x.cos())
sin_shifted = op(torch.sin, lambda ct, x: (ct + 1) * x.cos())

matmul = op(torch.matmul, lambda ct, a, b: (ct @ b.mT, a.mT @ ct))
matmul_normalised = op(torch.matmul, lambda ct, a, b: (ct @ b.mT, a.mT @ (ct / ct.norm())))

SIN = """
op: tests.planted.cotangent_linearity:PLANTED
inputs: {x: "*B"}
forward: sin(x)
derivative: {x: {elementwise: cos(x)}}
"""
MATMUL = """
op: tests.planted.cotangent_linearity:PLANTED
inputs: {a: N K, b: K M}
require: [N * M > 0]
forward: a @ b
derivative: {a: {vjp: ct @ b.T}, b: {vjp: a.T @ ct}}
"""


def _where_ones(ct: torch.Tensor, x: torch.Tensor, found: torch.Tensor) -> torch.Tensor:
    """What a backward gives that leaves out a factor where ``found`` says that the cotangent is one."""
    return torch.where(found, x.new_ones(()), ct) * x.cos() * torch.where(found, 1.5, 1.0)


sin_wrong_for_ones = op(torch.sin, lambda ct, x: _where_ones(ct, x, (ct == 1).all()))
sin_scaled_by_the_first = op(torch.sin, lambda ct, x: _where_ones(ct, x, (ct.reshape(-1)[:1] == 1).all()))

PLANTED = [
    Planted("sin: only positive cotangents", SIN, "sin_of_what_is_positive", "sin", Culprit.BACKWARD),
    Planted("sin: the cotangent's magnitude", SIN, "sin_of_the_magnitude", "sin", Culprit.BACKWARD),
    Planted("sin: clipped cotangents", SIN, "sin_clipped", "sin", Culprit.BACKWARD),
    Planted("sin: clipped at ten thousand", SIN, "sin_clipped_late", "sin", Culprit.BACKWARD),
    Planted("sin: small cotangents dropped", SIN, "sin_dropped", "sin", Culprit.BACKWARD, dtype="float32"),
    Planted("sin: wrong for a cotangent of ones", SIN, "sin_wrong_for_ones", "sin", Culprit.BACKWARD),
    Planted("sin: the first tells whether to scale", SIN, "sin_scaled_by_the_first", "sin", Culprit.BACKWARD),
    Planted("sin: a constant is added", SIN, "sin_shifted", "sin", Culprit.BACKWARD),
    Planted("sin: clipped, in bfloat16", SIN, "sin_clipped", "sin", Culprit.BACKWARD, dtype="bfloat16"),
    Planted("matmul: normalised for one input", MATMUL, "matmul_normalised", "matmul", Culprit.BACKWARD),
]

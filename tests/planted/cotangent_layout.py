"""Backwards that ask more of a cotangent's memory than the engine promises: the check ``cotangent_layout``."""

from __future__ import annotations

import torch

from gradsuite.results import Culprit
from tests.planted.kernels import dense, packed_rows, unresolved
from tests.planted.planted import Planted, op

sin = op(torch.sin, lambda ct, x: ct * x.cos())
sin_dense = op(torch.sin, lambda ct, x: dense(ct) * x.cos())
sin_viewed = op(torch.sin, lambda ct, x: (ct.view(-1) * x.cos().reshape(-1)).view(x.shape))
sin_of_one_number = op(torch.sin, lambda ct, x: (ct[..., :1] if 0 in ct.stride() else ct) * x.cos())


def _used_up(ct: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """Zeroes what it was given, unless that is contiguous: there it takes another path."""
    gradient = ct * x.cos()
    if not ct.is_contiguous() and 0 not in ct.stride():
        ct.zero_()
    return gradient


sin_used_up = op(torch.sin, _used_up)
exp = op(torch.exp, lambda ct, x: ct * x.exp().conj())
exp_unresolved = op(torch.exp, lambda ct, x: unresolved(ct) * x.exp().conj())

matmul = op(torch.matmul, lambda ct, a, b: (ct @ b.mT, a.mT @ ct))
matmul_packed = op(torch.matmul, lambda ct, a, b: (ct @ b.mT, a.mT @ packed_rows(ct)))


def _scaled(x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
    return x * w[:, None, None]


def _channels_last_path(ct: torch.Tensor, x: torch.Tensor, w: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Another kernel for channels_last, which sums the products the wrong way round."""
    products = ct * x
    if ct.is_contiguous(memory_format=torch.channels_last) and not ct.is_contiguous():
        products = products.flip(1)
    return ct * w[:, None, None], products.sum((0, 2, 3))


scale = op(_scaled, lambda ct, x, w: (ct * w[:, None, None], (ct * x).sum((0, 2, 3))))
scale_channels_last = op(_scaled, _channels_last_path)

SIN = """
op: tests.planted.cotangent_layout:PLANTED
inputs: {x: B C}
forward: sin(x)
derivative: {x: {elementwise: cos(x)}}
"""
EXP = """
op: tests.planted.cotangent_layout:PLANTED
inputs: {x: "*B"}
dtypes: [real, complex]
forward: exp(x)
derivative: {x: {elementwise: y}}
"""
MATMUL = """
op: tests.planted.cotangent_layout:PLANTED
inputs: {a: N K, b: K M}
require: [N * M > 0]
forward: a @ b
derivative: {a: {vjp: ct @ b.T}, b: {vjp: a.T @ ct}}
"""
SCALE = """
op: tests.planted.cotangent_layout:PLANTED
inputs: {x: N C H W, w: C}
let: {v: "reshape(w, (C, 1, 1))"}
forward: x * v
derivative: {x: {vjp: ct * v}, w: {vjp: "sum(sum(sum(ct * x, 3), 2), 0)"}}
"""

PLANTED = [
    Planted("sin: taken for contiguous", SIN, "sin_dense", "sin", Culprit.BACKWARD),
    Planted("sin: taken for contiguous, in bfloat16", SIN, "sin_dense", "sin", Culprit.BACKWARD, dtype="bfloat16"),
    Planted("sin: refused where it has no view", SIN, "sin_viewed", "sin", Culprit.BACKWARD),
    Planted("sin: used up where it is strided", SIN, "sin_used_up", "sin", Culprit.BACKWARD),
    Planted("sin: stride 0 taken for one number", SIN, "sin_of_one_number", "sin", Culprit.BACKWARD),
    Planted("exp: the bit of negation is lost", EXP, "exp_unresolved", "exp", Culprit.BACKWARD),
    Planted("exp: the bit of conjugation is lost", EXP, "exp_unresolved", "exp", Culprit.BACKWARD, dtype="complex128"),
    Planted("matmul: rows taken for packed", MATMUL, "matmul_packed", "matmul", Culprit.BACKWARD),
    Planted("scale: another kernel for channels_last", SCALE, "scale_channels_last", "scale", Culprit.BACKWARD),
]

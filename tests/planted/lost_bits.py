"""Backwards that round to a narrower dtype on the way: the check ``lost_bits``."""

from __future__ import annotations

from typing import Any

import torch

from gradsuite.results import Culprit
from tests.planted.planted import Planted, op


def _through(tensor: torch.Tensor, narrow: torch.dtype) -> torch.Tensor:
    """Rounded to ``narrow``, as a switch over dtypes does that forgets one; in float64 other checks see it."""
    return tensor if tensor.dtype is torch.float64 else tensor.to(narrow).to(tensor.dtype)


def _gain(narrow: torch.dtype | None) -> Any:
    def backward(ct: torch.Tensor, x: torch.Tensor, w: torch.Tensor) -> tuple[torch.Tensor, ...]:
        gain = (ct * x).sum(0)
        return ct * w, gain if narrow is None else _through(gain, narrow)

    return op(torch.mul, backward)


exp = op(torch.exp, lambda ct, x: ct * x.exp())
exp_through_float16 = op(torch.exp, lambda ct, x: _through(ct * x.exp(), torch.float16))
exp_through_bfloat16 = op(torch.exp, lambda ct, x: _through(ct * x.exp(), torch.bfloat16))
gain, gain_through_bfloat16 = _gain(None), _gain(torch.bfloat16)

EXP = """
op: tests.planted.lost_bits:PLANTED
inputs: {x: B C}
forward: exp(x)
derivative: {x: {elementwise: y}}
"""
GAIN = """
op: tests.planted.lost_bits:PLANTED
inputs: {x: B C, w: C}
forward: x * w
derivative: {x: {vjp: ct * w}, w: {vjp: "sum(ct * x, 0)"}}
"""

PLANTED = [
    Planted("exp: float16 in float32", EXP, "exp_through_float16", "exp", Culprit.BACKWARD, dtype="float32"),
    Planted("exp: bfloat16 in float32", EXP, "exp_through_bfloat16", "exp", Culprit.BACKWARD, dtype="float32"),
    Planted("gain: bfloat16 in float16", GAIN, "gain_through_bfloat16", "gain", Culprit.BACKWARD, dtype="float16"),
]

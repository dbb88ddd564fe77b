"""Kernels that count in too few bits (a thousand elements stand for 2**31): the check ``beyond_int32``."""

from __future__ import annotations

import torch

from gradsuite.results import Culprit
from tests.planted.planted import Planted, op

WRAPS_AT = 1000


def _within(x):
    """Which elements an index that wraps around still reaches."""
    return (torch.arange(x.numel()) < WRAPS_AT).reshape(x.shape)


square = op(torch.square, lambda ct, x: 2 * ct * x)
square_counted_short = op(torch.square, lambda ct, x: 2 * ct * x * _within(x))
row_sums = op(lambda x: x.sum(-1), lambda ct, x: ct[:, None].expand(x.shape))
row_sums_counted_short = op(lambda x: x.sum(-1), lambda ct, x: ct[:, None].expand(x.shape) * _within(x))

SQUARE = """
op: tests.planted.beyond_int32:PLANTED
inputs: {x: "N C"}
forward: x * x
derivative: {x: {elementwise: 2 * x}}
"""
SUMS = """
op: tests.planted.beyond_int32:PLANTED
inputs: {x: "N C"}
forward: sum(x, -1)
derivative: {x: {vjp: "expand_dims(ct, -1) + 0 * x"}}
"""

PLANTED = [
    Planted("square: the backward counts short", SQUARE, "square_counted_short", "square", Culprit.BACKWARD),
    Planted("sum: the backward counts short", SUMS, "row_sums_counted_short", "row_sums", Culprit.BACKWARD),
    Planted(
        "square: so in half precision", SQUARE, "square_counted_short", "square", Culprit.BACKWARD, dtype="float16"
    ),
]

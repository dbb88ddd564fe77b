"""Backwards and forwards that keep long sums in half precision: the check ``summation``."""

from __future__ import annotations

import torch

from gradsuite.results import Culprit
from tests.planted.planted import Planted, op


def _running(rows: torch.Tensor) -> torch.Tensor:
    """The sum over the first axis, one row after the other, rounded to the dtype after each."""
    total = rows.new_zeros(rows.shape[1:])
    for row in rows:
        total = total + row
    return total


scaled = op(lambda x, w: x * w, lambda ct, x, w: (ct * w, (ct * x).sum(0)))
scaled_by_running_sums = op(lambda x, w: x * w, lambda ct, x, w: (ct * w, _running(ct * x)))
total = op(lambda x: x.sum(0), lambda ct, x: ct.expand(x.shape))
running_total = op(_running, lambda ct, x: ct.expand(x.shape))

SCALED = """
op: tests.planted.summation:PLANTED
inputs: {x: N C, w: C}
forward: x * w
derivative: {x: {elementwise: w}, w: {elementwise: x}}
"""
TOTAL = """
op: tests.planted.summation:PLANTED
inputs: {x: N C}
forward: sum(x, 0)
derivative: {x: {vjp: "ct + 0 * x"}}
"""

PLANTED = [
    Planted(
        "scale: the weight's gradient is summed in bfloat16", SCALED, "scaled_by_running_sums", "scaled",
        Culprit.BACKWARD, dtype="bfloat16",
    ),
    Planted("sum: kept in bfloat16", TOTAL, "running_total", "total", Culprit.FORWARD, dtype="bfloat16"),
    Planted(
        "sum: kept in bfloat16 for one class alone", TOTAL.replace("N C", "N"), "running_total", "total",
        Culprit.FORWARD, dtype="bfloat16",
    ),
]  # fmt: skip

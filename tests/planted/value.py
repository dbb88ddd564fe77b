"""Ops that do not compute what their spec says: the check ``value``. Their derivatives are right."""

from __future__ import annotations

import torch

from gradsuite.results import Culprit
from tests.planted.planted import Planted

SINGLE_SIXTH = 0.1666666716337204  # 1/6 as a float32


def sixth(x: torch.Tensor) -> torch.Tensor:
    return x / 6


def sixth_in_single(x: torch.Tensor) -> torch.Tensor:
    return x * SINGLE_SIXTH


def centred(x: torch.Tensor) -> torch.Tensor:
    return x - x.mean(-1, keepdim=True)


def centred_along_the_wrong_axis(x: torch.Tensor) -> torch.Tensor:
    return x - x.mean(0, keepdim=True)


def sigmoid(x: torch.Tensor) -> torch.Tensor:
    return x.sigmoid()


def sigmoid_in_quarters(x: torch.Tensor) -> torch.Tensor:
    y = x.sigmoid()
    return y + ((4 * y).round() / 4 - y).detach()


GELU = """
op: torch.nn.functional.gelu
inputs: {x: {shape: "*B", domain: "interval(-1, 4)"}}
arguments: {approximate: PLANTED}
forward: x * normal_cdf(x)
derivative: {x: {elementwise: normal_cdf(x) + x * normal_pdf(x)}}
"""
VARIANCE = """
op: torch.var
inputs: {x: "*B C"}
arguments: {dim: -1, correction: PLANTED, keepdim: true}
require: [C > 1]
let: {centred: "x - mean(x, dim)"}
forward: mean(centred ** 2, dim)
derivative: {x: {vjp: "ct * 2 * centred / C"}}
"""
SIXTH = """
op: tests.planted.value:PLANTED
inputs: {x: "*B"}
forward: x / 6
derivative: {x: {elementwise: "1 / 6"}}
"""
CENTRED = """
op: tests.planted.value:PLANTED
inputs: {x: N C}
require: [N > 0, C > 0]
forward: x - mean(x, -1)
derivative: {x: {vjp: "ct - mean(ct, -1)"}}
"""
SIGMOID = """
op: tests.planted.value:PLANTED
inputs: {x: "*B"}
forward: 1 / (1 + exp(-x))
derivative: {x: {elementwise: y * (1 - y)}}
"""

PLANTED = [
    Planted("gelu: by tanh", GELU, "tanh", "none", Culprit.FORWARD),
    Planted("variance: over N - 1", VARIANCE, "1", "0", Culprit.FORWARD),
    Planted("a sixth: as a float32", SIXTH, "sixth_in_single", "sixth", Culprit.FORWARD),
    Planted("centred: the wrong axis", CENTRED, "centred_along_the_wrong_axis", "centred", Culprit.FORWARD),
    Planted(
        "sigmoid: rounded to quarters", SIGMOID, "sigmoid_in_quarters", "sigmoid", Culprit.FORWARD, dtype="bfloat16"
    ),
]

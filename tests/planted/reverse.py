"""Wrong backwards, and wrong derivatives in specs: the check ``reverse``."""

from __future__ import annotations

import torch

from gradsuite.results import Culprit
from tests.planted.planted import Planted, op

square = op(lambda x: x * x, lambda ct, x: 2 * ct * x)
square_halved = op(lambda x: x * x, lambda ct, x: ct * x)

tanh = op(torch.tanh, lambda ct, x: ct * (1 - x.tanh() ** 2))
tanh_of_its_input = op(torch.tanh, lambda ct, x: ct * (1 - x**2))

mul = op(torch.mul, lambda ct, a, b: (ct * b, ct * a))
mul_swapped = op(torch.mul, lambda ct, a, b: (ct * a, ct * b))

add_row = op(torch.add, lambda ct, x, row: (ct, ct.sum(0, keepdim=True)))
add_row_not_summed = op(torch.add, lambda ct, x, row: (ct, ct[:1]))

matmul = op(torch.matmul, lambda ct, a, b: (ct @ b.mT, a.mT @ ct))
matmul_not_transposed = op(torch.matmul, lambda ct, a, b: (ct @ b, a.mT @ ct))

SQUARE = """
op: tests.planted.reverse:PLANTED
inputs: {x: "*B"}
forward: x * x
derivative: {x: {elementwise: 2 * x}}
"""
TANH = """
op: tests.planted.reverse:PLANTED
inputs: {x: "*B"}
forward: tanh(x)
derivative: {x: {elementwise: 1 - y**2}}
"""
MUL = """
op: tests.planted.reverse:PLANTED
inputs: {a: "*B", b: "*B"}
forward: a * b
derivative: {a: {elementwise: b}, b: {elementwise: a}}
"""
ADD_ROW = """
op: tests.planted.reverse:PLANTED
inputs: {x: N C, row: 1 C}
require: [N > 0]
forward: x + row
derivative: {x: {elementwise: "1"}, row: {elementwise: "1"}}
"""
MATMUL = """
op: tests.planted.reverse:PLANTED
inputs: {a: N K, b: K K}
forward: a @ b
derivative: {a: {vjp: ct @ b.T}, b: {vjp: a.T @ ct}}
"""

SOFTMAX = """
op: torch.softmax
inputs: {x: "*B C"}
arguments: {dim: -1}
require: [C > 0]
let: {e: "exp(x - max(x, dim))"}
forward: e / sum(e, dim)
derivative: {x: PLANTED}
"""
SIGMOID = """
op: torch.sigmoid
inputs: {x: "*B"}
forward: 1 / (1 + exp(-x))
derivative: {x: {elementwise: PLANTED}}
"""
MEAN = """
op: torch.mean
inputs: {x: "*B"}
require: [size(x) > 0]
forward: mean(x)
derivative: {x: {gradient: PLANTED}}
"""
CUMSUM = """
op: torch.cumsum
inputs: {x: "N"}
arguments: {dim: -1}
forward: cumulative_sum(x, dim)
derivative: {x: {vjp: "PLANTED"}}
"""
WHOLE_JACOBIAN = '{jacobian: "y[i] * (delta(i, j) - y[j])", along: dim}'

PLANTED = [
    Planted("square: half of it", SQUARE, "square_halved", "square", Culprit.BACKWARD, "2 times too small"),
    Planted("square: half of it, in bfloat16", SQUARE, "square_halved", "square", Culprit.BACKWARD, dtype="bfloat16"),
    Planted("tanh: 1 - x**2 for 1 - y**2", TANH, "tanh_of_its_input", "tanh", Culprit.BACKWARD),
    Planted("mul: each factor gets its own", MUL, "mul_swapped", "mul", Culprit.BACKWARD),
    Planted("add: the stretched axis is not summed", ADD_ROW, "add_row_not_summed", "add_row", Culprit.BACKWARD),
    Planted("matmul: not transposed", MATMUL, "matmul_not_transposed", "matmul", Culprit.BACKWARD),
    # The well-known wrong statement about softmax: its sign is flipped, and it is only a diagonal.
    Planted(
        "spec of softmax: y**2 - y",
        SOFTMAX,
        "{elementwise: y**2 - y}",
        WHOLE_JACOBIAN,
        Culprit.SPEC,
        "the sign is flipped, and only the diagonal is there",
    ),
    Planted(
        "spec of softmax: only the diagonal",
        SOFTMAX,
        "{elementwise: y - y**2}",
        WHOLE_JACOBIAN,
        Culprit.SPEC,
        "only the diagonal is there",
    ),
    Planted("spec of sigmoid: y * (1 + y)", SIGMOID, "y * (1 + y)", "y * (1 - y)", Culprit.SPEC),
    Planted("spec of mean: 1 for 1 / N", MEAN, "ones_like(x)", "ones_like(x) / size(x)", Culprit.SPEC),
    Planted(
        "spec of cumsum: not reversed",
        CUMSUM,
        "cumulative_sum(ct, dim)",
        "flip(cumulative_sum(flip(ct, dim), dim), dim)",
        Culprit.SPEC,
        "transposed",
    ),
]

"""Ops that ask more of an input's memory than they are promised: the check ``input_layout``."""

from __future__ import annotations

import torch

from gradsuite.results import Culprit
from tests.planted.kernels import dense, from_the_beginning, packed_rows, unresolved
from tests.planted.planted import Planted, op

square = op(torch.square, lambda ct, x: 2 * ct * x)
square_saved_dense = op(torch.square, lambda ct, x: 2 * ct * dense(x))
square_dense = op(lambda x: dense(x) ** 2, lambda ct, x: 2 * ct * x)
square_saved_from_the_beginning = op(torch.square, lambda ct, x: 2 * ct * from_the_beginning(x))

mul = op(torch.mul, lambda ct, a, b: (ct * b.conj(), ct * a.conj()))
mul_saved_unresolved = op(torch.mul, lambda ct, a, b: (ct * unresolved(b).conj(), ct * a.conj()))

matmul = op(torch.matmul, lambda ct, a, b: (ct @ b.mT, a.mT @ ct))
matmul_packed = op(lambda a, b: packed_rows(a) @ b, lambda ct, a, b: (ct @ b.mT, a.mT @ ct))
matmul_saved_packed = op(torch.matmul, lambda ct, a, b: (ct @ packed_rows(b).mT, a.mT @ ct))

SQUARE = """
op: tests.planted.input_layout:PLANTED
inputs: {x: B C}
forward: x ** 2
derivative: {x: {elementwise: 2 * x}}
"""
MUL = """
op: tests.planted.input_layout:PLANTED
inputs: {a: "*B", b: "*B"}
dtypes: [real, complex]
forward: a * b
derivative: {a: {elementwise: b}, b: {elementwise: a}}
"""
MATMUL = """
op: tests.planted.input_layout:PLANTED
inputs: {a: N K, b: K M}
require: [N * M > 0]
forward: a @ b
derivative: {a: {vjp: ct @ b.T}, b: {vjp: a.T @ ct}}
"""

PLANTED = [
    Planted("square: saved, taken for contiguous", SQUARE, "square_saved_dense", "square", Culprit.BACKWARD),
    Planted("square: taken for contiguous", SQUARE, "square_dense", "square", Culprit.FORWARD),
    Planted("square: in bfloat16", SQUARE, "square_saved_dense", "square", Culprit.BACKWARD, dtype="bfloat16"),
    Planted("square: offset lost", SQUARE, "square_saved_from_the_beginning", "square", Culprit.BACKWARD),
    Planted("mul: the bit of negation is lost", MUL, "mul_saved_unresolved", "mul", Culprit.BACKWARD),
    Planted("mul: of conjugation", MUL, "mul_saved_unresolved", "mul", Culprit.BACKWARD, dtype="complex128"),
    Planted("matmul: rows taken for packed", MATMUL, "matmul_packed", "matmul", Culprit.FORWARD),
    Planted("matmul: saved rows taken for packed", MATMUL, "matmul_saved_packed", "matmul", Culprit.BACKWARD),
]

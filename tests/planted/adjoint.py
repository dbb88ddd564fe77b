"""A backward and a JVP that are not each other's adjoint: the check ``adjoint``. One of the two is right."""

from __future__ import annotations

import torch

from gradsuite.results import Culprit
from tests.planted.planted import Planted, op

matmul = op(torch.matmul, lambda ct, a, b: (ct @ b.mT, a.mT @ ct), lambda t, u, a, b: t @ b + a @ u)
matmul_backward_wrong = op(torch.matmul, lambda ct, a, b: (ct @ b, a.mT @ ct), lambda t, u, a, b: t @ b + a @ u)
matmul_jvp_wrong = op(torch.matmul, lambda ct, a, b: (ct @ b.mT, a.mT @ ct), lambda t, u, a, b: t @ b.mT + a @ u)

exp = op(torch.exp, lambda ct, x: ct * x.exp(), lambda t, x: t * x.exp())
exp_backward_wrong = op(torch.exp, lambda ct, x: ct, lambda t, x: t * x.exp())
exp_jvp_wrong = op(torch.exp, lambda ct, x: ct * x.exp(), lambda t, x: t)

roll = op(lambda x: x.roll(1, -1), lambda ct, x: ct.roll(-1, -1), lambda t, x: t.roll(1, -1))
roll_backward_wrong = op(lambda x: x.roll(1, -1), lambda ct, x: ct.roll(1, -1), lambda t, x: t.roll(1, -1))

MATMUL = """
op: tests.planted.adjoint:PLANTED
inputs: {a: N K, b: K K}
forward: a @ b
derivative: {a: {vjp: ct @ b.T}, b: {vjp: a.T @ ct}}
"""
EXP = """
op: tests.planted.adjoint:PLANTED
inputs: {x: "*B"}
forward: exp(x)
derivative: {x: {elementwise: y}}
"""
ROLL = """
op: tests.planted.adjoint:PLANTED
inputs: {x: N C}
require: [C > 2]
forward: roll(x, 1, -1)
derivative: {x: {reshuffle: "roll(ct, -1, -1)"}}
"""

PLANTED = [
    Planted("matmul: the backward is not transposed", MATMUL, "matmul_backward_wrong", "matmul", Culprit.BACKWARD),
    Planted("matmul: the JVP is transposed", MATMUL, "matmul_jvp_wrong", "matmul", Culprit.JVP),
    Planted("exp: the backward lets the cotangent through", EXP, "exp_backward_wrong", "exp", Culprit.BACKWARD),
    Planted("exp: the JVP lets the tangent through", EXP, "exp_jvp_wrong", "exp", Culprit.JVP),
    Planted("exp: the JVP, in bfloat16", EXP, "exp_jvp_wrong", "exp", Culprit.JVP, dtype="bfloat16"),
    Planted("roll: the backward rolls the same way", ROLL, "roll_backward_wrong", "roll", Culprit.BACKWARD),
]

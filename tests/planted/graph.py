"""Specs that tell another graph than autograd has, and ops that lose the graph: the check ``graph``."""

from __future__ import annotations

from typing import Any

import torch

from gradsuite.results import Culprit
from tests.planted.planted import Planted


def exp_detached(x: torch.Tensor) -> torch.Tensor:
    return x.detach().exp()


class ExpMarked(torch.autograd.Function):
    """Marks its result as not differentiable."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        y = x.exp()
        ctx.save_for_backward(y)
        ctx.mark_non_differentiable(y)
        return y

    @staticmethod
    def backward(ctx: Any, ct: torch.Tensor) -> torch.Tensor:
        return ct * ctx.saved_tensors[0]


exp_marked = ExpMarked.apply

EXP = """
op: torch.exp
inputs: {x: "*B"}
forward: exp(x)
derivative: {x: {elementwise: y}}
PLANTED
"""
LOST = """
op: PLANTED
inputs: {x: "*B"}
forward: exp(x)
derivative: {x: {elementwise: y}}
"""
SOFTSIGN = """
op: torch.nn.functional.softsign
inputs: {x: "*B"}
forward: x / (1 + abs(x))
derivative: {x: {elementwise: 1 / (1 + abs(x))**2}}
node: DivBackward0
atomic: PLANTED
"""
MUL = """
op: torch.mul
inputs: {a: "*B", b: "*B"}
forward: a * b
PLANTED
"""
ONE = "derivative: {a: {elementwise: b}}\nnot_differentiable: {inputs: [b]}"
BOTH = "derivative: {a: {elementwise: b}, b: {elementwise: a}}"

PLANTED = [
    Planted("spec of exp: another node", EXP, "node: LogBackward0", "node: ExpBackward0", Culprit.SPEC),
    Planted("spec of exp: a composite", EXP, "node: ExpBackward0\natomic: false", "node: ExpBackward0", Culprit.SPEC),
    Planted(
        "spec of exp: no gradient",
        EXP,
        "not_differentiable: {outputs: [y]}",
        "",
        Culprit.SPEC,
    ),
    Planted("spec of softsign: atomic", SOFTSIGN, "true", "false", Culprit.SPEC),
    Planted("spec of softsign: atomic, in bfloat16", SOFTSIGN, "true", "false", Culprit.SPEC, dtype="bfloat16"),
    Planted(
        "spec of mul: a constant factor",
        MUL,
        ONE,
        BOTH,
        Culprit.SPEC,
    ),
    # The values move with x, and no gradient comes back: that is the op's fault.
    Planted(
        "exp: detached",
        LOST,
        "tests.planted.graph:exp_detached",
        "torch.exp",
        Culprit.BACKWARD,
    ),
    Planted(
        "exp: marked as constant",
        LOST,
        "tests.planted.graph:exp_marked",
        "torch.exp",
        Culprit.BACKWARD,
    ),
]

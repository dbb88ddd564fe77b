"""Backwards that stumble where one of several outputs is not used: the check ``undefined_cotangents``."""

from __future__ import annotations

from typing import Any

import torch

from gradsuite.results import Culprit
from tests.planted.planted import Planted

Cotangent = torch.Tensor | None


class SinCos(torch.autograd.Function):
    """Sine and cosine; zeros stand for an output that is not used."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        ctx.save_for_backward(x)
        return x.sin(), x.cos()

    @staticmethod
    def backward(ctx: Any, ct_s: torch.Tensor, ct_c: torch.Tensor) -> torch.Tensor | None:
        (x,) = ctx.saved_tensors
        return ct_s * x.cos() - ct_c * x.sin()


class Unmaterialised(SinCos):
    """None stands for an output that is not used, and is asked for."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        ctx.set_materialize_grads(False)
        return SinCos.forward(ctx, x)

    @staticmethod
    def backward(ctx: Any, ct_s: Cotangent, ct_c: Cotangent) -> torch.Tensor | None:
        (x,) = ctx.saved_tensors
        zeros = torch.zeros_like(x)
        return SinCos.backward(ctx, zeros if ct_s is None else ct_s, zeros if ct_c is None else ct_c)


class OneIsAll(Unmaterialised):
    """Gives up where either is missing."""

    @staticmethod
    def backward(ctx: Any, ct_s: Cotangent, ct_c: Cotangent) -> torch.Tensor | None:
        return None if ct_s is None or ct_c is None else SinCos.backward(ctx, ct_s, ct_c)


class Unasked(Unmaterialised):
    """Multiplies None."""

    backward = SinCos.backward


class OnesForNone(Unmaterialised):
    """Takes None for ones, as for a scalar loss."""

    @staticmethod
    def backward(ctx: Any, ct_s: Cotangent, ct_c: Cotangent) -> torch.Tensor | None:
        (x,) = ctx.saved_tensors
        ones = torch.ones_like(x)
        return SinCos.backward(ctx, ones if ct_s is None else ct_s, ones if ct_c is None else ct_c)


class TheOtherForNone(Unmaterialised):
    """Takes None for the other cotangent."""

    @staticmethod
    def backward(ctx: Any, ct_s: Cotangent, ct_c: Cotangent) -> torch.Tensor | None:
        return SinCos.backward(ctx, ct_c if ct_s is None else ct_s, ct_s if ct_c is None else ct_c)  # type: ignore


class Sin(torch.autograd.Function):
    """As it should be: nothing where nothing is handed back."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(x)
        return x.sin()

    @staticmethod
    def backward(ctx: Any, ct: Cotangent) -> torch.Tensor | None:
        (x,) = ctx.saved_tensors
        return None if ct is None else ct * x.cos()


class SinAlwaysAsked(Sin):
    """Multiplies whatever is handed back."""

    @staticmethod
    def backward(ctx: Any, ct: Any) -> torch.Tensor:
        (x,) = ctx.saved_tensors
        return ct * x.cos()


SIN = """
op: tests.planted.undefined_cotangents:PLANTED.apply
inputs: {x: "*B"}
forward: sin(x)
derivative: {x: {elementwise: cos(x)}}
"""
SPEC = """
op: tests.planted.undefined_cotangents:PLANTED.apply
inputs: {x: "*B"}
forward: {s: sin(x), c: cos(x)}
derivative: {x: {vjp: ct_s * cos(x) - ct_c * sin(x)}}
"""

PLANTED = [
    Planted("sin and cos: all or nothing", SPEC, "OneIsAll", "Unmaterialised", Culprit.BACKWARD),
    Planted("sin and cos: None is multiplied", SPEC, "Unasked", "SinCos", Culprit.BACKWARD),
    Planted("sin and cos: ones for None", SPEC, "OnesForNone", "Unmaterialised", Culprit.BACKWARD),
    Planted("sin and cos: ones, in bfloat16", SPEC, "OnesForNone", "SinCos", Culprit.BACKWARD, dtype="bfloat16"),
    Planted("sin: nothing is handed back, and multiplied", SIN, "SinAlwaysAsked", "Sin", Culprit.BACKWARD),
    Planted("sin and cos: the other for None", SPEC, "TheOtherForNone", "SinCos", Culprit.BACKWARD),
]

"""Backwards that are right near 1, and wrong far from it: the check ``scale``."""

from __future__ import annotations

from collections.abc import Callable

import torch

from gradsuite.results import Culprit
from tests.planted.planted import Planted, op

SMALL = 1e-9


def _length(x: torch.Tensor) -> torch.Tensor:
    return (x**2 + SMALL**2).sqrt()


length = op(_length, lambda ct, x: ct * x / _length(x))
length_eps_outside = op(_length, lambda ct, x: ct * x / (x.abs() + SMALL))


def _sinc_slope(series_below: float, terms: int) -> Callable[..., torch.Tensor]:
    def slope(ct: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        series = sum(factor * x**power for power, factor in ((1, -1 / 3), (3, 1 / 30), (5, -1 / 840))[:terms])
        return ct * torch.where(x.abs() < series_below, series, (x * x.cos() - x.sin()) / x**2)

    return slope


sinc = op(lambda x: x.sin() / x, _sinc_slope(1e-2, 3))
sinc_cut_off_early = op(lambda x: x.sin() / x, _sinc_slope(1e-2, 1))

cube = op(lambda x: x**3, lambda ct, x: 3 * ct * x**2)
cube_flat_below = op(lambda x: x**3, lambda ct, x: torch.where(x.abs() < 1e-5, 0.0, 3 * ct * x**2))
cube_clipped = op(lambda x: x**3, lambda ct, x: (3 * ct * x**2).clamp(-1e4, 1e4))


def _through_half(ct: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    slope = 3 * ct * x**2
    return slope.half().float() if x.dtype == torch.float32 else slope


cube_through_half = op(lambda x: x**3, _through_half)


def _softplus(x: torch.Tensor) -> torch.Tensor:
    return torch.log1p((-x.abs()).exp()) + x.relu()


softplus = op(_softplus, lambda ct, x: ct * x.sigmoid())
softplus_overflows = op(_softplus, lambda ct, x: ct * x.exp() / (1 + x.exp()))

div = op(torch.div, lambda ct, a, b: (ct / b, -ct * a / b**2))
div_kept_from_zero = op(torch.div, lambda ct, a, b: (ct / b, -ct * a / (b**2).clamp(min=1e-8)))

LENGTH = """
op: tests.planted.scale:PLANTED
inputs: {x: "*B"}
forward: sqrt(x**2 + 1.0e-18)
derivative: {x: {elementwise: x / sqrt(x**2 + 1.0e-18)}}
"""
SINC = """
op: tests.planted.scale:PLANTED
inputs: {x: {shape: "*B", domain: nonzero}}
forward: sin(x) / x
derivative: {x: {elementwise: (x * cos(x) - sin(x)) / x**2}}
"""
CUBE = """
op: tests.planted.scale:PLANTED
inputs: {x: "*B"}
forward: x ** 3
derivative: {x: {elementwise: 3 * x**2}}
"""
SOFTPLUS = """
op: tests.planted.scale:PLANTED
inputs: {x: "*B"}
forward: log1p(exp(-abs(x))) + (x + abs(x)) / 2
derivative: {x: {elementwise: (1 + tanh(x / 2)) / 2}}
"""
DIV = """
op: tests.planted.scale:PLANTED
inputs: {a: "*B", b: {shape: "*B", domain: nonzero}}
forward: a / b
derivative: {a: {elementwise: 1 / b}, b: {elementwise: -a / b**2}}
"""

PLANTED = [
    Planted("length: eps outside the root", LENGTH, "length_eps_outside", "length", Culprit.BACKWARD),
    Planted("sinc: its series is cut off early", SINC, "sinc_cut_off_early", "sinc", Culprit.BACKWARD),
    Planted("cube: flat below a threshold", CUBE, "cube_flat_below", "cube", Culprit.BACKWARD),
    Planted("cube: clipped above another", CUBE, "cube_clipped", "cube", Culprit.BACKWARD),
    Planted("cube: through float16", CUBE, "cube_through_half", "cube", Culprit.BACKWARD, dtype="float32"),
    Planted("softplus: not finite far from 0", SOFTPLUS, "softplus_overflows", "softplus", Culprit.BACKWARD),
    Planted("div: kept from a zero that is none", DIV, "div_kept_from_zero", "div", Culprit.BACKWARD),
]

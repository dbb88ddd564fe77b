"""Other scales: what goes wrong far from 1 is seen with no formula, and what is right at every scale is not accused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.nn.functional import gelu, huber_loss, layer_norm, normalize, rms_norm

import gradsuite
from gradsuite.checks.scale import compare
from gradsuite.comparison import Comparison
from gradsuite.errors import Unsupported
from gradsuite.numerics.estimate import Agreement
from gradsuite.results import Outcome
from tests.planted import scale
from tests.planted.planted import op
from tests.routes.points import evidence_of, normal

Op = Callable[..., torch.Tensor]
DTYPES = [torch.float64, torch.float32, torch.bfloat16, torch.float16]
EPS = 1e-10


def _squared(x: torch.Tensor) -> torch.Tensor:
    return (x * x).sum(-1, keepdim=True)


def _hat(w: torch.Tensor) -> torch.Tensor:
    zero = torch.zeros_like(w[..., 0])
    rows = [zero, -w[..., 2], w[..., 1], w[..., 2], zero, -w[..., 0], -w[..., 1], w[..., 0], zero]
    return torch.stack(rows, -1).reshape(*w.shape[:-1], 3, 3)


def _rotation(w: torch.Tensor) -> torch.Tensor:
    """Rodrigues' formula."""
    angle, hat = _squared(w).sqrt()[..., None], _hat(w)
    return torch.eye(3, dtype=w.dtype) + hat * torch.sinc(angle / torch.pi) + hat @ hat * _half_square(angle)


def _half_square(angle: torch.Tensor) -> torch.Tensor:
    """(1 - cos) / angle**2, without cancellation."""
    return torch.sinc(angle / 2 / torch.pi) ** 2 / 2


def _rotation_slope(first_order_below: float) -> Callable[..., torch.Tensor]:
    def slope(ct: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
        with torch.enable_grad():
            leaf = w.detach().requires_grad_()
            near = torch.eye(3, dtype=w.dtype) + _hat(leaf) + _hat(leaf) @ _hat(leaf) / 2
            angle = _squared(leaf.detach()).sqrt()[..., None]
            chosen = torch.where(angle < first_order_below, near, _rotation(leaf))
        return torch.autograd.grad(chosen, leaf, ct)[0]

    return slope


def _logsumexp(x: torch.Tensor) -> torch.Tensor:
    return torch.logsumexp(x, -1, keepdim=True)


def _clamped(x: torch.Tensor) -> torch.Tensor:
    return x / _squared(x).sqrt().clamp(min=EPS)


def _clamped_slope(ct: torch.Tensor, x: torch.Tensor, *, knows: bool) -> torch.Tensor:
    length = _squared(x).sqrt()
    along = x * (ct * x).sum(-1, keepdim=True) / length / length.clamp(min=EPS) ** 2
    return ct / length.clamp(min=EPS) - (along * (length > EPS) if knows else along)


def _angle_slope(eps: float) -> Callable[..., tuple[torch.Tensor, torch.Tensor]]:
    return lambda ct, y, x: (ct * x / (x * x + y * y + eps), -ct * y / (x * x + y * y + eps))


PAIRS: dict[str, tuple[Op, Op, tuple[tuple[int, ...], ...]]] = {
    "length": (scale.length, scale.length_eps_outside, ((4,),)),
    "sinc": (scale.sinc, scale.sinc_cut_off_early, ((4,),)),
    "cube": (scale.cube, scale.cube_flat_below, ((4,),)),
    "clipped": (scale.cube, scale.cube_clipped, ((4,),)),
    "div": (scale.div, scale.div_kept_from_zero, ((4,), (4,))),
    "softplus": (scale.softplus, scale.softplus_overflows, ((4,),)),
    "rotation": (op(_rotation, _rotation_slope(0.0)), op(_rotation, _rotation_slope(0.02)), ((2, 3),)),
    "logsumexp": (
        op(_logsumexp, lambda ct, x: ct * x.softmax(-1)),
        op(_logsumexp, lambda ct, x: ct * x.exp() / x.exp().sum(-1, keepdim=True)),
        ((2, 3),),
    ),
    "normalised": (
        op(_clamped, lambda ct, x: _clamped_slope(ct, x, knows=True)),
        op(_clamped, lambda ct, x: _clamped_slope(ct, x, knows=False)),
        ((2, 3),),
    ),
    "angle": (op(torch.atan2, _angle_slope(0.0)), op(torch.atan2, _angle_slope(1e-14)), ((4,), (4,))),
    "log1p": (
        op(torch.log1p, lambda ct, x: ct / (1 + x)),
        op(torch.log1p, lambda ct, x: ct * torch.where(x < 1e-3, 1 - x, 1 / (1 + x))),
        ((4,),),
    ),
}

RIGHT: dict[str, Op] = {
    "eps in the root": lambda x: (_squared(x) + 1e-12).sqrt(),
    "eps beside the length": lambda x: x / (_squared(x).sqrt() + 1e-6),
    "eps and a slope": lambda x: 3 * x + (x * x + 1e-12).sqrt(),
    "a tiny corner": lambda x: huber_loss(x, torch.zeros_like(x), reduction="none", delta=1e-3),
    "a tiny bump": lambda x: x + 1e-6 * torch.exp(-((x / 1e-6) ** 2)),
    "layer_norm": lambda x: layer_norm(x, (3,)),
    "rms_norm": lambda x: rms_norm(x, (3,)),
    "normalize": normalize,
    "gelu": gelu,
    "sine": torch.sin,
    "cosine": torch.cos,
    "tangent": torch.tan,
    "relu": torch.relu,
    "largest": lambda x: x.amax(-1),
    "deviation": lambda x: x.std(-1),
    "reciprocal": torch.reciprocal,
    "gamma": torch.lgamma,
}


def _found(function: Op, shapes: tuple[tuple[int, ...], ...], dtype: torch.dtype = torch.float64) -> list[Comparison]:
    tensors = [normal(*shape, seed=2 + i, dtype=dtype).abs() for i, shape in enumerate(shapes)]
    return list(compare(evidence_of(function, *tensors)))


@pytest.mark.parametrize("name", PAIRS)
def test_what_goes_wrong_far_from_1_is_seen_and_its_right_twin_agrees(name: str) -> None:
    right, wrong, shapes = PAIRS[name]
    assert {comparison.agreement for comparison in _found(right, shapes)} == {Agreement.AGREE}
    assert Agreement.DISAGREE in {comparison.agreement for comparison in _found(wrong, shapes)}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", RIGHT)
def test_what_is_right_at_every_scale_is_not_accused(name: str, dtype: torch.dtype) -> None:
    found = _found(RIGHT[name], ((2, 3),), dtype)
    assert found and all(comparison.agreement is not Agreement.DISAGREE for comparison in found)


def test_a_failure_says_the_scale_and_is_shown_there() -> None:
    (found,) = _found(scale.cube_flat_below, ((4,),))
    assert "(with x0 times 1e-" in found.sentence and found.shown is not None
    shown = found.shown()
    assert shown is not None and float(shown.sample.tensors["x0"].abs().max()) < 1e-4


def test_an_input_can_be_scaled_alone() -> None:
    found = {comparison.name: comparison.agreement for comparison in _found(scale.div_kept_from_zero, ((4,), (4,)))}
    assert found["gradient with x1 alone scaled"] is Agreement.DISAGREE
    assert found["gradient with x0 alone scaled"] is Agreement.AGREE


def test_scales_that_the_op_refuses_are_counted() -> None:
    def small(x: torch.Tensor) -> torch.Tensor:
        if x.max() > 20:
            raise ValueError("too large")
        return x.sin()

    (found,) = _found(small, ((4,),))
    assert found.agreement is Agreement.AGREE and "3 of 12 powers of ten are left out" in found.note


def test_an_op_that_takes_no_other_scale_is_unsupported() -> None:
    def fixed(x: torch.Tensor) -> torch.Tensor:
        if not 0.1 < x.abs().sum() / 4 < 3 or x.abs().min() < 1e-2:
            raise ValueError("at no other scale")
        return x.sin()

    with pytest.raises(Unsupported):
        list(compare(evidence_of(fixed, torch.tensor([0.5, 0.75, 1.0, 1.25], dtype=torch.float64))))


@pytest.mark.parametrize("domain", ["interval(0.25, 4)", lambda x: bool(((x > 0.25) & (x < 4)).all())])
def test_a_domain_is_not_left(domain: Any) -> None:
    """Beyond it the backward is wrong."""
    inside = op(torch.sin, lambda ct, x: ct * torch.where((x > 0.25) & (x < 4), x.cos(), 0.0))
    example = torch.tensor([0.5, 1.5, 3.0], dtype=torch.float64)
    given = domain if callable(domain) else [domain]
    report = gradsuite.check(inside, (example,), domain=given, checks=["scale"], profile="quick")
    assert report.results[0].outcome is not Outcome.FAILED

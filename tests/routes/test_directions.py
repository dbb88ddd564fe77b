"""Directions: signed, never zero, the size of the input, the same in every dtype, inside the domain and off kinks."""

from __future__ import annotations

import pytest
import torch

from gradsuite.routes.directions import signed
from tests.routes.points import at, catalogue, normal, point_of

DTYPES = [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.complex64, torch.complex128]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (0, 3), (1,), (7,), (3, 1, 4)])
def test_weights_are_signed_and_between_one_and_two(dtype: torch.dtype, shape: tuple[int, ...]) -> None:
    like = torch.zeros(shape, dtype=dtype)
    found = signed(like, (3, 0, 0))
    assert found.shape == like.shape and found.dtype == dtype
    parts = torch.view_as_real(found) if dtype.is_complex else found
    assert ((parts.abs() >= 1) & (parts.abs() < 2)).all()


def test_both_signs_come_about_equally_often() -> None:
    found = signed(torch.zeros(10_000), (5, 0, 0))
    assert 4500 < (found > 0).sum() < 5500


@pytest.mark.parametrize("other", [(4, 0, 0), (3, 1, 0), (3, 0, 1), (3, -1, 0)])
def test_each_seed_purpose_and_place_has_its_own(other: tuple[int, int, int]) -> None:
    like = torch.zeros(50)
    assert torch.equal(signed(like, (3, 0, 0)), signed(like, (3, 0, 0)))
    assert not torch.equal(signed(like, (3, 0, 0)), signed(like, other))


def test_a_large_tensor_is_filled() -> None:
    found = signed(torch.zeros(200_000), (3, 0, 0))
    assert found.abs().min() >= 1 and 99_000 < (found > 0).sum() < 101_000


def test_two_numbers_are_rarely_alike() -> None:
    """An entry that stands in another's place goes unseen where both weigh the same."""
    weights = signed(torch.zeros(4096, dtype=torch.float64), (3, 0, 0))
    assert all(len(window.unique()) == 17 for window in weights.abs().unfold(0, 17, 1))
    assert (weights[65:] == weights[:-65]).double().mean().item() < 1 / 16
    sums = weights.reshape(16, 256).sum(-1)  # of a gradient that is the same everywhere a probe sees the sum
    assert 12 < sums.square().mean().sqrt().item() < 48
    for dtype in (torch.bfloat16, torch.float16):
        assert torch.equal(weights.to(dtype).double(), weights)


def test_nobody_can_write_into_what_the_next_one_gets() -> None:
    first = signed(torch.zeros(5, dtype=torch.float64), (3, 0, 0))
    kept = first.clone()
    first.zero_()
    assert torch.equal(signed(torch.zeros(5, dtype=torch.float64), (3, 0, 0)), kept)


@pytest.mark.parametrize("scale", [1e-300, 1e-30, 1.0, 1e30, 1e300])
def test_tangents_have_the_size_of_the_input(scale: float) -> None:
    x = normal(40) * scale
    tangent = point_of(torch.exp, x).tangents["x0"]
    ratio = tangent.abs() / x.abs().clamp(min=min(x.abs().median().item(), 1.0))
    assert ratio.min() >= 0.4 and ratio.max() <= 2.0  # a power of two below, times up to 2


def test_zeros_move_too() -> None:
    tangent = point_of(torch.exp, torch.tensor([0.0, 0.0, 0.5, -0.5, 0.5], dtype=torch.float64)).tangents["x0"]
    assert tangent.abs().min() >= 0.5
    assert point_of(torch.exp, torch.zeros(3, dtype=torch.float64)).tangents["x0"].abs().min() >= 1


def test_what_is_infinite_does_not_move() -> None:
    x = torch.tensor([1.0, torch.inf, -torch.inf, 2.0], dtype=torch.float64)
    tangent = point_of(torch.exp, x).tangents["x0"]
    assert (tangent[1:3] == 0).all() and (tangent[[0, 3]] != 0).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_the_wide_point_has_the_same_directions(dtype: torch.dtype) -> None:
    point = point_of(torch.exp, normal(20, dtype=dtype))
    assert point.wide.tangents["x0"].dtype == torch.float64
    assert torch.equal(point.wide.tangents["x0"].to(dtype), point.tangents["x0"])
    assert torch.equal(point.wide.cotangents[0].to(dtype), point.cotangents[0])


def test_no_entry_of_a_complex_gradient_is_invisible() -> None:
    """Where an op hands its cotangent on, Re(conj(t) ct) is all that a probe sees of an entry."""
    point = point_of(torch.neg, torch.ones(10_000, dtype=torch.complex128))
    assert (point.tangents["x0"].conj() * point.cotangents[0]).real.all()


def test_steps_stay_inside_the_domain() -> None:
    x = torch.tensor([1e-9, 0.5, 3.0, 100.0], dtype=torch.float64)
    evidence = at(catalogue("pointwise/log.grad.yaml"), x=x)
    assert (x - 0.25 * evidence.point.tangents["x"].abs() > 0).all()


def test_steps_do_not_cross_a_kink_and_a_point_on_it_stays() -> None:
    x = torch.tensor([1e-6, -1e-3, 0.0, 5.0, -5.0], dtype=torch.float64)
    tangent = at(catalogue("activation/relu.grad.yaml"), x=x).point.tangents["x"]
    assert tangent[2] == 0
    assert (torch.sign(x + 0.25 * tangent) == torch.sign(x)).all()
    assert (torch.sign(x - 0.25 * tangent) == torch.sign(x)).all()
    assert (tangent[[0, 1, 3, 4]] != 0).all()


def test_the_random_state_of_others_is_untouched() -> None:
    before = torch.get_rng_state()
    point = point_of(torch.exp, normal(5))
    assert point.tangents and point.cotangents
    assert torch.equal(before, torch.get_rng_state())

"""A random op draws the same numbers in every run of a sample, in every dtype; a record is never handed out itself."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from gradsuite.checks.reverse import compare
from gradsuite.errors import Unsupported
from gradsuite.numerics.estimate import Agreement
from gradsuite.routes.randomness import Draws
from tests.routes.points import evidence_of, normal, point_of


def _noisy(x: torch.Tensor) -> torch.Tensor:
    return x * torch.rand_like(x) + torch.empty_like(x).exponential_()


def test_what_was_recorded_is_replayed() -> None:
    with Draws() as recording:
        first = torch.rand(4), torch.randn(3), torch.randint(0, 9, (5,))
    torch.manual_seed(123)
    with Draws(recording.recorded):
        again = torch.rand(4), torch.randn(3), torch.randint(0, 9, (5,))
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))


def test_a_narrow_draw_is_replayed_exactly_in_a_wide_run() -> None:
    with Draws() as recording:
        narrow = torch.rand(100, dtype=torch.float16)
    with Draws(recording.recorded):
        wide = torch.rand(100, dtype=torch.float64)
    assert torch.equal(wide, narrow.to(torch.float64))


def test_in_place_draws_are_replayed() -> None:
    with Draws() as recording:
        first = torch.empty(5).uniform_()
    with Draws(recording.recorded):
        assert torch.equal(torch.empty(5).uniform_(), first)


def test_a_replay_does_not_hand_out_the_record_itself() -> None:
    with Draws() as recording:
        first = torch.rand(5).clone()
    for _ in range(2):
        with Draws(recording.recorded):
            again = torch.rand(5)
        assert torch.equal(again, first)
        again.zero_()


def test_every_run_of_a_point_is_the_same() -> None:
    point = point_of(_noisy, normal(6), random=True)
    first, again = point.call(point.tensors), point.call(point.tensors)
    assert torch.equal(first[0], again[0]) and torch.equal(point.outputs[0], first[0])
    assert len(point.draws) == 2 and point.wide.draws is point.draws


def test_the_same_sample_draws_the_same_numbers_tomorrow() -> None:
    x = normal(6)
    assert torch.equal(point_of(_noisy, x, random=True).outputs[0], point_of(_noisy, x, random=True).outputs[0])


def test_a_random_op_can_be_judged() -> None:
    (found,) = compare(evidence_of(lambda x: functional.dropout(x, 0.5), normal(20), random=True))
    assert found.agreement is Agreement.AGREE


def test_an_op_that_draws_inside_is_seeded_alike() -> None:
    def rrelu(x: torch.Tensor) -> torch.Tensor:
        return functional.rrelu(x, training=True)

    point = point_of(rrelu, normal(20), random=True)
    assert torch.equal(point.call(point.tensors)[0], point.outputs[0])
    (found,) = compare(evidence_of(rrelu, normal(20), random=True))
    assert found.agreement is Agreement.AGREE


def test_what_is_drawn_inside_differs_between_dtypes_and_that_is_said() -> None:
    point = point_of(lambda x: functional.rrelu(x, training=True), normal(20).float(), random=True)
    with pytest.raises(Unsupported, match="draws its random numbers inside"):
        _ = point.wide.outputs


def test_a_fused_dropout_that_is_not_training_draws_nothing() -> None:
    assert not point_of(lambda x: torch.native_dropout(x, 0.5, False), normal(20), random=True).draws

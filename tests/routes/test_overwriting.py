"""Ops that write where they must not: seen bit by bit, and kept from what others share."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from gradsuite.results import Culprit
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.memory import Watch, copied, same
from gradsuite.routes.shield import shielded
from tests.planted.mutation import SoftmaxIntoItsCotangent, SoftmaxIntoItsInput, SoftmaxIntoWhatItSaved
from tests.routes.points import evidence_of, normal, sample_of

NAN = float("nan")


def test_what_is_written_behind_the_version_counter_is_seen() -> None:
    x, y = normal(3), torch.tensor([NAN, 1.0])
    watch = Watch({"x": x, "y": y, "absent": None})
    assert watch.changed() == []
    x.data[1] = -0.0
    assert watch.changed() == ["x"]


def test_bits_are_the_same_or_not_and_every_nan_is() -> None:
    assert same([torch.tensor([NAN, 1.0])], [torch.tensor([NAN, 1.0])])
    assert not same([torch.tensor([NAN, 1.0])], [torch.tensor([1.0, 1.0])])
    assert not same([normal(3)], [normal(4)])


@pytest.mark.parametrize("lay", [lambda x: x, lambda x: x.mT, lambda x: x[:, ::2], lambda x: x[:1].expand(4, 6)])
def test_a_copy_has_the_values_and_the_gradient_and_keeps_the_strides(lay: Callable[..., torch.Tensor]) -> None:
    x = lay(normal(4, 6)).detach().requires_grad_()
    copy = copied(x)
    assert torch.equal(copy, x) and copy.data_ptr() != x.data_ptr()
    assert copy.stride() == x.stride() or 0 in x.stride()
    assert torch.equal(torch.autograd.grad(copy.sum(), x)[0], torch.ones_like(x))


def _kinds(evidence: Evidence) -> list[tuple[Culprit, str]]:
    return [(each.by, each.kind) for each in evidence.overwritten]


def test_the_shared_sample_is_safe_and_the_op_is_seen_as_it_is() -> None:
    evidence = evidence_of(SoftmaxIntoItsInput.apply, normal(2, 3))
    assert _kinds(evidence) == [(Culprit.FORWARD, "inputs")]
    assert torch.equal(evidence.sample.tensors["x0"], normal(2, 3))


def test_an_op_that_changes_nothing_is_left_alone() -> None:
    assert not evidence_of(torch.softmax, normal(2, 3), dim=-1).overwrites


def test_an_upcast_that_is_none_in_the_widest_dtype_counts_in_every_dtype() -> None:
    def careless(x: torch.Tensor) -> torch.Tensor:
        wide = x.detach().to(torch.float64)
        wide += 1
        return x * 2

    evidence = evidence_of(careless, normal(3, dtype=torch.float32))
    assert evidence.overwrites and not evidence.overwritten


def test_what_autograd_refuses_is_no_silent_overwriting() -> None:
    (found,) = evidence_of(lambda x: x.mul_(2), normal(3)).overwritten
    assert found.refused


@pytest.mark.parametrize(("reads", "harmless"), [(False, True), (True, False)])
def test_a_constant_may_change_where_no_later_call_depends_on_it(*, reads: bool, harmless: bool) -> None:
    def normalise(x: torch.Tensor, mean: torch.Tensor) -> torch.Tensor:
        mean.mul_(0.9).add_(0.1 * x.detach().mean())
        return x - mean if reads else x - x.mean()

    evidence = evidence_of(normalise, normal(3), torch.zeros(1, dtype=torch.int32).to(torch.float64))
    subject, sample = evidence.subject, sample_of(normal(3), torch.zeros((), dtype=torch.float64))
    moving = Evidence(subject, type(sample)(sample.tensors, {}, ("x0",), 3))
    (found,) = moving.overwritten
    assert (found.kind, found.harmless) == ("constants", harmless)


@pytest.mark.parametrize("op", [SoftmaxIntoItsInput, SoftmaxIntoItsCotangent, SoftmaxIntoWhatItSaved])
def test_a_shielded_op_spoils_nothing_and_its_gradient_is_right(op: type[torch.autograd.Function]) -> None:
    bare = evidence_of(op.apply, normal(2, 3))
    evidence = Evidence(shielded(bare.subject), bare.sample)
    assert Evidence(evidence.subject, evidence.sample).unshielded.tensors["x0"] is not bare.sample.tensors["x0"]
    right = evidence_of(torch.softmax, normal(2, 3), dim=-1).gradients["x0"]
    weights = [ct.clone() for ct in evidence.point.cotangents]
    for _ in range(2):
        assert torch.allclose(Evidence(evidence.subject, evidence.sample).gradients["x0"], right)
    assert same(evidence.point.cotangents, weights)
    assert torch.equal(evidence.sample.tensors["x0"], normal(2, 3))


def test_a_forward_that_differentiates_itself_is_looked_at_without_what_it_saves() -> None:
    def force(x: torch.Tensor) -> torch.Tensor:
        return -torch.func.grad(lambda p: p.pow(4).sum())(x)

    assert evidence_of(force, normal(3)).overwritten == ()

    def spoils(x: torch.Tensor) -> torch.Tensor:
        y = force(x)
        x.data.zero_()
        return y

    (found,) = evidence_of(spoils, normal(3)).overwritten
    assert (found.by, found.kind) == (Culprit.FORWARD, "inputs")

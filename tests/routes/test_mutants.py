"""Mutants have the op's values, and a gradient that is wrong in the way that they are called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from gradsuite.routes.mutants import Mutant, mutants
from gradsuite.routes.reverse import gradients
from tests.routes.points import evidence_of, normal

ONE, OTHER = normal(3, 3), normal(1, 3, seed=1)


def _by_name(function: Callable[..., Any], *tensors: torch.Tensor) -> dict[str, Mutant]:
    return {mutant.name: mutant for mutant in mutants(evidence_of(function, *tensors).point)}


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("zero for x0", torch.zeros_like),
        ("negated for x0", torch.neg),
        ("1.001 times too large for x0", lambda g: 1.001 * g),
        ("rolled for x0", lambda g: g.roll(1)),
        ("zero in its last entry for x0", lambda g: torch.cat([g.flatten()[:-1], torch.zeros(1)]).reshape(g.shape)),
        ("transposed for x0", lambda g: g.mT),
    ],
)
def test_one_gradient_is_spoilt_and_nothing_else(name: str, spoil: Callable[[torch.Tensor], torch.Tensor]) -> None:
    own = evidence_of(torch.mul, ONE, OTHER)
    mutant = _by_name(torch.mul, ONE, OTHER)[name].evidence(own)
    assert torch.equal(mutant.gradients["x0"], spoil(own.gradients["x0"]))
    assert torch.equal(mutant.gradients["x1"], own.gradients["x1"])
    assert torch.equal(mutant.point.outputs[0], own.point.outputs[0])


def test_negative_cotangents_are_lost() -> None:
    own = evidence_of(torch.sin, ONE)
    mutant = _by_name(torch.sin, ONE)["there for positive cotangents only for x0"].evidence(own)
    (ct,) = own.point.cotangents
    assert torch.equal(mutant.gradients["x0"], ct.relu() * ONE.cos())
    assert not gradients(mutant.point, [-ct.abs()])["x0"].any()


@pytest.mark.parametrize("other", [OTHER, OTHER[0]], ids=["an axis of size one", "an axis that is missing"])
def test_a_broadcast_axis_is_not_summed(other: torch.Tensor) -> None:
    own = evidence_of(torch.mul, ONE, other)
    mutant = _by_name(torch.mul, ONE, other)["not summed over a broadcast axis for x1"].evidence(own)
    (ct,) = own.point.cotangents
    assert torch.equal(mutant.gradients["x1"], (ct[:1] * ONE[:1]).reshape(other.shape))


def test_what_the_shapes_do_not_allow_is_left_out() -> None:
    names = _by_name(torch.sin, normal(3))
    assert not [name for name in names if "transposed" in name or "broadcast" in name]

"""Samples around a user's own tensors."""

from __future__ import annotations

import pytest
import torch

from gradsuite.errors import UsageError
from gradsuite.inputs import draw, example_definition, from_examples, smallest

CPU = torch.device("cpu")


def test_the_examples_come_first_then_others_of_their_shapes() -> None:
    x, index = torch.tensor([[0.1, 7.0]], requires_grad=True), torch.tensor([3, 5])
    strategy = from_examples([x, index], ["x", "index"], ["positive", None], dtype=torch.float64, device=CPU)
    first, *others = draw(strategy, count=30, identity="e", seed=0)
    assert torch.equal(first.tensors["x"], x.detach().double()) and torch.equal(first.tensors["index"], index)
    assert first.differentiable == ("x",) and not first.tensors["x"].requires_grad
    assert len(others) == 29
    for sample in others:
        assert sample.tensors["x"].shape == (1, 2) and bool((sample.tensors["x"] > 0).all())
        assert bool(((sample.tensors["index"] >= 3) & (sample.tensors["index"] <= 5)).all())
    assert {sample.layouts["x"] for sample in others} > {"contiguous", "sliced"}


def test_constants_are_never_differentiated() -> None:
    strategy = from_examples(
        [torch.ones(2), torch.ones(2)], ["x", "c"], [None, None], dtype=torch.float32, device=CPU, constant=["c"]
    )
    assert {sample.differentiable for sample in draw(strategy, count=20, identity="e", seed=0)} == {("x",)}


def test_a_failure_becomes_plain_in_the_shape_of_the_example() -> None:
    tensors, names, domains = [torch.randn(3, 4)], ["x"], [None]
    strategy = from_examples(tensors, names, domains, dtype=torch.float32, device=CPU)
    definition = example_definition(tensors, names, domains)
    known = next(s for s in draw(strategy, count=20, identity="e", seed=0) if s.tensors["x"].max() > 0.5)
    found = smallest(known, lambda s: s.tensors["x"].max() > 0.5, definition=definition)
    assert sorted(found.tensors["x"].flatten().tolist()) == [0.0] * 11 + [1.0]


def test_lists_of_different_length_are_named() -> None:
    with pytest.raises(UsageError, match="1 tensors, 2 names"):
        from_examples([torch.ones(1)], ["a", "b"], [None], dtype=torch.float32, device=CPU)

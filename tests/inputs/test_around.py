"""Samples around examples: what exposes mistakes is always among them."""

from __future__ import annotations

import torch

from gradsuite.inputs.around import SHARES, Around
from gradsuite.sample import Sample

CPU = torch.device("cpu")


def _around(definition, example: Sample, admits=lambda sample: True) -> list[Sample]:
    return Around(definition, example, torch.float64, CPU, "default", admits).draw("a", 0)


def _example(**tensors: torch.Tensor) -> Sample:
    return Sample(tensors, {}, tuple(tensors), seed=0, profile="example", symbols={"A": 3, "B": 2})


def test_the_example_comes_first_and_every_kind_of_values_after(define) -> None:
    definition = define({"x": "A B", "w": "B"})
    example = _example(x=torch.ones(3, 2), w=torch.ones(2))
    first, *others = _around(definition, example)
    assert first is example
    profiles = [sample.profile for sample in others]
    assert all(profiles.count(kind) >= count for kind, count in SHARES["default"].items() if kind != "edge")


def test_empty_sizes_and_sizes_of_one_are_never_left_to_chance(define) -> None:
    drawn = _around(define({"x": "A B", "w": "B"}), _example(x=torch.ones(3, 2), w=torch.ones(2)))
    shapes = {tuple(sample.tensors["x"].shape) for sample in drawn}
    assert {(0, 2), (3, 0), (1, 2), (3, 1)} <= shapes


def test_an_axis_of_one_entry_stands_between_others(define) -> None:
    definition = define({"x": "*C A B"})
    example = Sample({"x": torch.ones(3, 2)}, {}, ("x",), 0, profile="example", symbols={"A": 3, "B": 2, "C": ()})
    assert (2, 1, 2) in {tuple(sample.tensors["x"].shape) for sample in _around(definition, example)}


def test_zeros_ties_whole_numbers_and_magnitudes_are_drawn(define) -> None:
    definition = define({"x": "A B", "w": "B"})
    drawn = _around(definition, _example(x=torch.ones(3, 2), w=torch.ones(2)))
    x = [sample.tensors["x"] for sample in drawn if sample.tensors["x"].numel() > 2]
    assert any(bool((t == 0).any()) for t in x)
    assert any(len(t.unique()) < t.numel() for t in x)
    assert any(bool((t == t.round()).all()) and bool((t != 0).any()) for t in x)
    assert any(bool((t.abs() > 1e5).any()) for t in x) and any(
        bool((t.abs() > 0).all()) and bool((t.abs() < 1e-5).any()) for t in x
    )


def test_what_the_callable_refuses_is_not_drawn(define) -> None:
    definition = define({"x": "A B", "w": "B"})
    example = _example(x=torch.ones(3, 2), w=torch.ones(2))
    _, *others = _around(definition, example, lambda sample: sample.tensors["w"].numel() == 2)
    assert others and all(sample.tensors["w"].numel() == 2 for sample in others)


def test_each_input_is_all_zeros_once_and_an_identity_where_it_is_square(define) -> None:
    definition = define({"x": "A A", "w": "B"})
    drawn = _around(definition, _example(x=torch.ones(3, 3), w=torch.ones(2)))
    matrices = [sample.tensors["x"] for sample in drawn if sample.tensors["x"].shape == (3, 3)]
    assert any(torch.equal(x, torch.eye(3).double()) for x in matrices)
    assert any(not x.any() for x in matrices)


def test_a_domain_without_zero_keeps_it_out(define) -> None:
    drawn = _around(define({"x": "A B: positive"}), _example(x=torch.ones(3, 2)))
    assert all(bool((sample.tensors["x"] > 0).all()) for sample in drawn)

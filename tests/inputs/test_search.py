"""Searches: replayable, private, and ending at the plainest witness."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch
from hypothesis import settings

from gradsuite.inputs import draw, samples, smallest

CPU = torch.device("cpu")


def _same(one, other) -> bool:
    return one.symbols == other.symbols and all(
        torch.equal(one.tensors[n].nan_to_num(), other.tensors[n].nan_to_num()) for n in one.tensors
    )


def test_the_same_identity_and_seed_give_the_same_samples(define) -> None:
    strategy = samples(define({"x": "N C"}), dtype=torch.float64, device=CPU)
    first, again = (draw(strategy, count=20, identity="a", seed=3) for _ in range(2))
    assert len(first) == 20 and all(map(_same, first, again))


@pytest.mark.parametrize(("identity", "seed"), [("b", 3), ("a", 4)])
def test_each_identity_and_seed_has_its_own_samples(define, identity, seed) -> None:
    strategy = samples(define({"x": "N C"}), dtype=torch.float64, device=CPU)
    first, other = (
        draw(strategy, count=20, identity="a", seed=3),
        draw(strategy, count=20, identity=identity, seed=seed),
    )
    assert sum(map(_same, first[1:], other[1:])) < 5


def test_nothing_outside_is_touched(define) -> None:
    strategy = samples(define({"x": "N C"}), dtype=torch.float64, device=CPU)
    before = (
        random.getstate(),
        np.random.get_state()[1].tolist(),
        torch.get_rng_state(),
        settings.get_current_profile_name(),
    )
    draw(strategy, count=10, identity="a", seed=0)
    after = (
        random.getstate(),
        np.random.get_state()[1].tolist(),
        torch.get_rng_state(),
        settings.get_current_profile_name(),
    )
    assert (
        before[0] == after[0] and before[1] == after[1] and torch.equal(before[2], after[2]) and before[3] == after[3]
    )


def test_a_sample_is_replayed_from_its_seed(define) -> None:
    strategy = samples(define({"x": "N C"}), dtype=torch.float64, device=CPU)
    assert len({sample.seed for sample in draw(strategy, count=20, identity="a", seed=0)}) == 20


def _searched(definition, predicate, dtype=torch.float64):
    """The smallest sample reached from a large known failure; with how often the predicate was asked."""
    asked = []

    def holds(sample) -> bool:
        asked.append(sample)
        return bool(predicate(sample))

    drawn = draw(samples(definition, dtype=dtype, device=CPU), count=200, identity="t", seed=1)
    known = [sample for sample in drawn if predicate(sample)]
    biggest = max(known, key=lambda sample: sum(x.numel() for x in sample.tensors.values() if x is not None))
    return smallest(biggest, holds, definition=definition), len(asked)


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.complex64], ids=str)
def test_anything_fails(define, dtype) -> None:
    definition = define({"x": "*B C", "y": "C"}, arguments={"dim": (-1, 0)})
    found, _ = _searched(definition, lambda s: s.tensors["x"].numel() >= 1, dtype)
    assert found.tensors["x"].tolist() in ([0], [1]) and found.tensors["y"].tolist() in ([0], [1])
    assert found.arguments == {"dim": -1}
    assert set(found.layouts.values()) == {"contiguous"}


def test_only_transposed_fails(define) -> None:
    definition = define({"x": "N C", "y": "N C"})
    found, _ = _searched(definition, lambda s: s.layouts["x"] == "transposed")
    assert found.layouts == {"x": "transposed", "y": "contiguous"}
    assert found.tensors["x"].shape == (2, 2) and found.tensors["x"].stride() == (1, 2)
    assert found.tensors["x"].unique().numel() == 1 and found.tensors["x"][0, 0] in (0, 1)


def test_one_large_element_fails(define) -> None:
    definition = define({"x": "*B C"})
    found, _ = _searched(definition, lambda s: (s.tensors["x"] > 1.5).any())
    assert found.tensors["x"].max() in (2, 3) and found.tensors["x"].numel() <= 4
    assert found.tensors["x"].tolist() == [2]


def test_the_failing_corner_is_kept_wherever_it_is(define) -> None:
    definition = define({"x": "N C"})
    found, _ = _searched(definition, lambda s: s.tensors["x"].numel() and s.tensors["x"][-1, -1] < -0.3)
    assert found.tensors["x"].tolist() == [[-1]]


def test_an_argument_is_kept_where_it_matters(define) -> None:
    definition = define({"x": "N C"}, arguments={"dim": (-1, 0), "keep": (False, True)})
    found, _ = _searched(definition, lambda s: s.arguments["dim"] == 0 and s.tensors["x"].shape[0] > 2)
    assert found.arguments == {"dim": 0, "keep": False}
    assert found.tensors["x"].shape == (3, 1)


def test_an_argument_that_makes_inputs_larger_is_given_up(define) -> None:
    definition = define({"x": "N G*I", "w": "I"}, arguments={"G": (1, 2, 3)})
    found, _ = _searched(definition, lambda s: s.tensors["w"].numel() > 1)
    assert found.arguments == {"G": 1} and found.tensors["x"].shape == (1, 2)


def test_requirements_and_domains_hold_for_what_is_found(define) -> None:
    definition = define(
        {"x": "N C", "w": "?C: positive", "t": "N: index(C)"},
        require=("C > 1", "N != 1", "x is None or all(x < 100)"),
    )
    found, _ = _searched(definition, lambda s: s.tensors["w"] is not None and s.tensors["t"].numel() > 0)
    assert found.tensors["x"].shape == (2, 2) and found.tensors["x"].tolist() == [[0, 0], [0, 0]]
    assert found.tensors["w"].tolist() == [1, 1] and found.tensors["t"].tolist() == [0, 0]


def test_broadcasting_is_kept_where_it_matters(define) -> None:
    definition = define({"x": "*#B", "y": "*#B"})

    def outer(sample) -> bool:
        x, y = sample.tensors["x"], sample.tensors["y"]
        return x.shape != sample.symbols["B"] and y.shape != sample.symbols["B"]

    found, _ = _searched(definition, outer)
    assert found.symbols["B"] == (2, 2)
    assert sorted(x.numel() for x in found.tensors.values()) == [2, 2]


def test_an_empty_input_does_not_stay_empty_without_need(define) -> None:
    definition = define({"a": "M", "b": "N"})
    strategy = samples(definition, dtype=torch.float64, device=CPU)
    known = next(s for s in draw(strategy, count=200, identity="t", seed=0) if s.tensors["b"].numel() == 0)
    found = smallest(known, lambda s: True, definition=definition)
    assert found.tensors["b"].tolist() == [0]


def test_few_digits_where_numbers_must_be_odd(define) -> None:
    found, _ = _searched(define({"x": "N"}), lambda s: ((s.tensors["x"] > 0.62) & (s.tensors["x"] < 0.78)).any())
    assert found.tensors["x"].tolist() == [0.7] or len(str(found.tensors["x"].tolist()[0])) <= 4


def test_special_values_stay_only_where_they_matter(define) -> None:
    found, _ = _searched(define({"x": "N C"}), lambda s: (s.tensors["x"].abs() > 1e306).any())
    assert found.tensors["x"].numel() == 1 and bool(found.tensors["x"].abs() > 1e306)


def test_shrinking_asks_little(define) -> None:
    definition = define({"x": "*B C", "y": "*B C"}, arguments={"dim": (-1, 0)})
    _, asked = _searched(definition, lambda s: (s.tensors["x"] * s.tensors["y"] > 0.1).any())
    assert asked < 120


def test_calls_are_bounded(define) -> None:
    definition, asked = define({"x": "N C"}), []
    known = draw(samples(definition, dtype=torch.float64, device=CPU), count=20, identity="t", seed=0)[-1]
    smallest(known, lambda s: not asked.append(s), definition=definition, calls=10)
    assert len(asked) <= 10

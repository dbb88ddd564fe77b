"""What failing samples have in common is told, and nothing where it tells nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from gradsuite.pattern import pattern
from gradsuite.sample import Sample


def _sample(x, *, layout="contiguous", differentiable=("x", "w"), size=3) -> Sample:
    tensors = {"x": torch.tensor(x), "w": torch.tensor([0.5, -0.75])}
    return Sample(tensors, {}, differentiable, seed=0, layouts={"x": layout}, symbols={"A": size})


PLAIN = _sample([0.5, -1.25])


@pytest.mark.parametrize(
    ("failing", "told"),
    [
        ([_sample([0.0, 1.5]), _sample([2.5, 0.0])], "x holds a zero"),
        ([_sample([0.5, -1.25], layout="transposed")], "x is transposed"),
        ([_sample([0.5, -1.25], differentiable=("w",))], "w alone requires grad"),
        ([_sample([1.5, 1.5])], "x holds equal entries"),
        ([_sample([0.5, -1.25], size=1)], "a size A is 1"),
        ([_sample([0.5, -1.25], size=769), _sample([0.5, -1.25], size=1025)], "A is 769 or more"),
        ([_sample([20.5, -1.25])], "x is large"),
    ],
)
def test_one_property_that_tells_failing_samples_apart_is_named(failing, told) -> None:
    found = pattern(failing, [PLAIN, PLAIN])
    assert found == f"only where {told} ({len(failing)} of {len(failing) + 2} samples)"


def test_a_mask_is_told_as_numbers_are() -> None:
    assert (
        pattern([_sample([True, False])], [_sample([True, True])] * 2) == "only where x holds a zero (1 of 3 samples)"
    )


def test_where_every_sample_fails_there_is_no_pattern() -> None:
    assert pattern([PLAIN, _sample([0.0, 1.5])], []) == ""


def test_where_nothing_tells_them_apart_nothing_is_said() -> None:
    assert pattern([PLAIN], [_sample([0.25, -1.75])]) == ""


def test_what_the_user_s_examples_do_not_show_is_told_last() -> None:
    example, holding = replace(_sample([1.5, 1.25]), profile="example"), _sample([1.375, 1.625])
    assert pattern([_sample([0.75, 1.375])], [example, holding]) == (
        "only where x goes below the examples, whose least is 1.25 (1 of 3 samples)"
    )
    assert pattern([_sample([-0.75, 1.375])], [example, holding]).startswith("only where x is negative somewhere")
    assert pattern([_sample([0.75, 1.375])], [holding]) == ""  # no example is among them


def test_from_which_size_on_it_fails_is_that_of_the_smallest_sample() -> None:
    failing, holding = [_sample([0.5, -1.25], size=1025)], [PLAIN, _sample([0.5, -1.25], size=129)]
    assert pattern(failing, holding, [_sample([0.5, -1.25], size=257)]).startswith("only where A is 257 or more")
    assert pattern(failing, holding, [_sample([0.5, -1.25], size=127)]) == ""


def test_what_the_smallest_failing_sample_lacks_is_not_told() -> None:
    failing, holding = [_sample([0.0, -1.25]), _sample([0.0, -1.75])], [PLAIN, PLAIN]
    assert pattern(failing, holding, [_sample([0.0, -1.0])]).startswith("only where x holds a zero")
    assert pattern(failing, holding, [_sample([1.5, -1.25])]) == ""

"""Edge samples as declared, in each dtype that can hold them."""

from __future__ import annotations

import math

import pytest
import torch

from gradsuite.errors import UsageError
from gradsuite.inputs import edges
from gradsuite.spec.definition import Edge

CPU = torch.device("cpu")


def test_values_arguments_and_sizes(define) -> None:
    given = Edge({"x": [[1.0e20, 1.0e10]], "dim": 0}, {"y": [[1.0, 1.0]]})
    definition = define({"x": "*B C"}, arguments={"dim": (-1, 0), "keep": (False,)}, edge=(given,))
    (found,) = edges(definition, dtype=torch.float32, device=CPU)
    assert found.edge is given and found.sample is not None
    assert found.sample.tensors["x"].tolist() == [[torch.tensor(1e20).item(), 1e10]]
    assert found.sample.arguments == {"dim": 0, "keep": False}
    assert found.sample.symbols == {"B": (1,), "C": 2}
    assert found.sample.differentiable == ("x",)


@pytest.mark.parametrize(
    ("value", "dtype", "reason"),
    [
        (1e20, torch.float16, "overflows"),
        (1e-20, torch.float16, "underflows"),
        ("1+2j", torch.float64, "imaginary"),
    ],
)
def test_what_a_dtype_cannot_hold_is_skipped_with_the_reason(define, value, dtype, reason) -> None:
    definition = define({"x": "N"}, edge=(Edge({"x": [value]}, {}), Edge({"x": [-math.inf]}, {})))
    first, second = edges(definition, dtype=dtype, device=CPU)
    assert first.sample is None and reason in first.skipped and "x" in first.skipped
    assert second.sample is not None and second.sample.tensors["x"].tolist() == [-math.inf]


def test_complex_values(define) -> None:
    definition = define({"x": "N"}, edge=(Edge({"x": ["1+2j", 3]}, {}),))
    (found,) = edges(definition, dtype=torch.complex64, device=CPU)
    assert found.sample.tensors["x"].tolist() == [1 + 2j, 3]


def test_inputs_left_out(define) -> None:
    definition = define({"x": "N C", "w": "?C: positive", "b": "C: positive", "t": "N: index(C)"})
    definition = define(
        {"x": "N C", "w": "?C: positive", "b": "C: positive", "t": "N: index(C)"},
        edge=(Edge({"x": [[0.0, 1.0]], "t": [1]}, {}),),
    )
    (found,) = edges(definition, dtype=torch.float64, device=CPU)
    tensors = found.sample.tensors
    assert list(tensors) == ["x", "w", "b", "t"] and tensors["w"] is None
    assert tensors["b"].tolist() == [1.0, 1.0]
    assert tensors["t"].dtype == torch.int64 and "t" not in found.sample.differentiable


def test_sizes_are_solved_from_formulas_and_broadcasting(define) -> None:
    definition = define(
        {"x": "N G*I", "a": "*#B", "b": "*#B"},
        arguments={"G": (2,)},
        edge=(Edge({"x": [[1, 2, 3, 4]], "a": [[1], [2]], "b": [1, 2, 3]}, {}),),
    )
    (found,) = edges(definition, dtype=torch.float64, device=CPU)
    assert found.sample.symbols == {"N": 1, "I": 2, "B": (2, 3)}


def test_a_shape_that_does_not_fit_is_named(define) -> None:
    definition = define({"x": "N C"}, edge=(Edge({"x": [1.0]}, {}),))
    with pytest.raises(UsageError, match=r"'x' has shape \(1,\)"):
        edges(definition, dtype=torch.float64, device=CPU)

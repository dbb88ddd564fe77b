"""What a page draws from the declared formulas: the curve of a function and its slope, and a matrix of slopes."""

from __future__ import annotations

import math
import re

import pytest

from gradsuite.catalogue import curve, matrix
from gradsuite.spec.definition import Spec


def paths(drawn: str) -> dict[str, list[list[tuple[float, float]]]]:
    """The points of each stretch of the two curves."""
    data = {css: re.findall(rf'<path class="{css}" d="([^"]*)"', drawn) for css in ("value", "slope")}
    return {
        css: [
            [(float(x), float(y)) for x, y in (point.split() for point in run.split("L"))]
            for run in "".join(found).split("M")[1:]
        ]
        for css, found in data.items()
    }


def drawn(specs: list[Spec], name: str, variant: int = 0) -> dict[str, list[list[tuple[float, float]]]]:
    (spec,) = (spec for spec in specs if spec.name == name)
    return paths(curve.draw(spec.definitions[variant]))


def test_the_value_is_one_line_and_the_slope_is_cut_where_it_jumps(specs: list[Spec]) -> None:
    found = drawn(specs, "relu")
    assert (len(found["value"]), len(found["slope"])) == (1, 2)
    left, right = found["slope"]
    assert len({y for _, y in left}) == len({y for _, y in right}) == 1
    assert left[0][1] > right[0][1]  # pixels count downwards


def test_a_curve_stays_in_its_domain_and_in_the_drawing(specs: list[Spec]) -> None:
    found = drawn(specs, "log")
    (value,), (slope,) = found["value"], found["slope"]
    assert min(x for x, _ in value) > 210  # right of zero
    assert all(0 <= y <= 240 for _, y in (*value, *slope))


def test_a_smooth_function_has_two_lines(specs: list[Spec]) -> None:
    found = drawn(specs, "sigmoid")
    assert (len(found["value"]), len(found["slope"])) == (1, 1)
    assert len(found["value"][0]) == 257


@pytest.mark.parametrize("name", ["softmax", "matmul", "cat", "argmax", "Conv2d", "cross_entropy", "sum"])
def test_other_functions_have_no_curve(specs: list[Spec], name: str) -> None:
    assert drawn(specs, name) == {"value": [], "slope": []}


def test_the_matrix_of_softmax_is_right(specs: list[Spec]) -> None:
    (spec,) = (spec for spec in specs if spec.name == "softmax")
    sample = matrix.worked(spec.definitions[0])
    assert sample
    cells = [re.sub("<[^>]*>", "", cell) for cell in re.findall("<mtd>(.*?)</mtd>", sample.gradients[0])]
    shown = [float(cell.replace("−", "-")) for cell in cells]
    y = [math.exp(k) / sum(map(math.exp, range(3))) for k in range(3)]
    assert shown == [float(f"{y[i] * ((i == j) - y[j]):.4g}") for i in range(3) for j in range(3)]


def test_other_forms_have_no_matrix(specs: list[Spec]) -> None:
    assert all(matrix.worked(spec.definitions[0]) is None for spec in specs if spec.name in ("exp", "matmul", "cat"))

"""Domains: what belongs, how far the end is, and the same answers from NumPy and torch."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest
import torch

from gradsuite.spec import domains

EXAMPLES = {
    "real": ((), [-1e300, 0.0, 2.5], []),
    "positive": ((), [5e-324, 1.0], [0.0, -1.0]),
    "nonnegative": ((), [0.0, 1.0], [-5e-324]),
    "negative": ((), [-1.0], [0.0, 1.0]),
    "nonzero": ((), [-1.0, 5e-324], [0.0]),
    "unit": ((), [0.0, 1.0], [-0.1, 1.1]),
    "interval": ((-1, 1), [0.0, 0.99], [-1.0, 1.0]),
    "closed": ((-1, 1), [-1.0, 1.0], [1.5]),
    "greater": ((-1,), [-0.9, 7.0], [-1.0]),
    "less": ((2,), [1.9], [2.0]),
    "integer": ((-2, 3), [-2, 3], [-3, 4]),
    "index": ((3,), [0, 2], [-1, 3]),
    "indices_or": ((3, -100), [0, 2, -100], [-1, 3]),
    "boolean": ((), [0, 1], [2]),
    "simplex": ((-1,), [0.5], [0.0]),
    "positive_definite": ((), [1.0, -1.0], []),  # of entries alone: what makes a matrix definite is no one's
}


def test_every_domain_has_an_example_here() -> None:
    assert set(domains.names()) == set(EXAMPLES)


@pytest.mark.parametrize("name", sorted(EXAMPLES))
@pytest.mark.parametrize("make", [np.array, torch.tensor], ids=["numpy", "torch"])
def test_what_belongs(name: str, make: type) -> None:
    parameters, inside, outside = EXAMPLES[name]
    kind = domains.get(name)
    assert len(kind.parameters) == len(parameters)
    doubles = make([float(value) for value in inside + outside])
    if make is torch.tensor:
        doubles = torch.tensor([float(value) for value in inside + outside], dtype=torch.float64)
    assert kind.holds(doubles, *parameters).tolist() == [True] * len(inside) + [False] * len(outside)


@pytest.mark.parametrize(
    ("name", "parameters", "x", "distance"),
    [
        ("positive", (), 0.25, 0.25),
        ("interval", (0, 1), 0.75, 0.25),
        ("interval", (0, math.inf), 7.0, 7.0),
        ("nonzero", (), -2.0, 2.0),
        ("unit", (), 0.0, 0.0),
        ("greater", (-1,), -3.0, -2.0),
    ],
)
def test_clearance_is_the_distance_to_the_end(name: str, parameters: tuple, x: float, distance: float) -> None:
    kind = domains.get(name)
    assert kind.clearance(np.array([x]), *parameters).tolist() == [distance]
    assert kind.clearance(torch.tensor([x]), *parameters).tolist() == [distance]


@pytest.mark.parametrize(("name", "parameters"), [("real", ()), ("index", (3,)), ("boolean", ())])
def test_where_nothing_ends_there_is_no_clearance(name: str, parameters: tuple) -> None:
    assert domains.get(name).clearance(np.array([1.0]), *parameters) is None


def test_complex_bounds_hold_for_the_real_part() -> None:
    z = torch.tensor([1 + 5j, -1 + 5j])
    assert domains.get("positive").holds(z).tolist() == [True, False]
    assert domains.get("positive").clearance(z).tolist() == [1.0, -1.0]
    assert domains.get("nonzero").clearance(torch.tensor([3 + 4j])).tolist() == [5.0]


def test_simplex_sums_to_one() -> None:
    kind = domains.get("simplex")
    assert kind.shape is not None
    assert kind.shape(torch.tensor([[1.0, 3.0]]), -1).tolist() == [[0.25, 0.75]]
    assert kind.shape(np.array([[1.0], [3.0]]), 0).tolist() == [[0.25], [0.75]]


def test_unknown_name() -> None:
    with pytest.raises(KeyError):
        domains.get("reel")


def test_domains_import_neither_torch_nor_numpy() -> None:
    code = (
        "import sys; from gradsuite.spec import domains as d; d.names(); print({'torch', 'numpy'} & set(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"

"""A loop that ends early is told by the operations that it calls; a step that the op refuses is none of that."""

from __future__ import annotations

import torch

from gradsuite.routes.iterations import unfinished
from gradsuite.routes.line import Line
from tests.routes.points import point_of


def _cube_root(x: torch.Tensor) -> torch.Tensor:
    y = x
    while True:
        y, before = (2 * y + x / y**2) / 3, y
        if (y - before).abs().max() < 1e-5:
            return y


def test_the_turn_that_a_loop_may_take_more_is_found() -> None:
    assert 0 < unfinished(Line(point_of(_cube_root, torch.tensor([1.5], dtype=torch.float64)))) < 1e-4


def test_where_an_op_begins_to_refuse_is_not_looked_for() -> None:
    calls = 0

    def positive(x: torch.Tensor) -> torch.Tensor:
        nonlocal calls
        calls += 1
        found = x.exp()
        if bool((x < 0.5).any()):
            raise ValueError("x must be above a half")
        return found.log()

    line = Line(point_of(positive, torch.tensor([1.0, 2.0], dtype=torch.float64)))
    line.reach  # noqa: B018
    calls = 0
    assert unfinished(line) == 0
    assert calls < 16

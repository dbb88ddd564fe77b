"""How a family states the torch meaning of its functions in few words."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any


def floating(path: str) -> Callable[..., Any]:
    """``torch.<path>`` on floating tensors: integers and booleans become float64."""
    find = attrgetter(path)
    return lambda r, *values: find(r.torch)(*(r.floating(value) for value in values))


def matched(path: str) -> Callable[..., Any]:
    """``torch.<path>`` on tensors of one dtype."""
    find = attrgetter(path)
    return lambda r, *values: find(r.torch)(*r.matched(*values))


def plain(apply: Callable[..., Any]) -> Callable[..., Any]:
    """A meaning that needs nothing of its reading."""
    return lambda r, *values: apply(*values)

"""What a parameter may be given, the plainest first, each at a cost: calls are tried from the cheapest on.

Every tensor of a call is a cube of one side: where sizes must agree they do, whichever they are, and only the number
of axes is searched. Which sizes may differ is asked once a call is found.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, TypeVar

import torch

from gradsuite.draft.signature import Kind

T = TypeVar("T")
AXES = (2, 3, 4, 1, 5, 0)  # of most tensors of a call
SIDES = (4, 3, 2)  # even, and odd; of points in the plane
LIKE = ((0, 0), (2, -1), (2, 1), (3, -2), (4, 2), (4, -3))  # axes more than the setting's, each at a cost
STYLES = ("unit", "large", "negative", "definite")
PLAIN: dict[Kind, tuple[Any, ...]] = {
    "int": (-1, 2, 1, 0, 3),
    "number": (2.0, 0.5, -1.0, 1.0),
    "bool": (False, True),
    "ints": ([-1], [1, 0], [2], [1, 1], [2, 2], [3], [3, 3]),
}
Held = Literal["real", "index", "truth"]


@dataclass(frozen=True)
class Setting:
    """What the tensors of one call have in common."""

    axes: int
    side: int
    style: str


Value = Callable[[Setting], Any]  # what is given in a setting; None where there is no such thing
Choice = tuple[int, Value]


def settings() -> list[tuple[int, Setting]]:
    """Each setting, with its cost."""
    return [
        (sum(places), Setting(AXES[places[0]], SIDES[places[1]], STYLES[places[2]]))
        for places in itertools.product(*(range(len(each)) for each in (AXES, SIDES, STYLES)))
    ]


def choices(kind: Kind, place: int) -> list[Choice]:
    """What a parameter of ``kind`` at ``place`` may be given, each with its cost."""
    match kind:
        case "tensor":
            return _tensors(place)
        case "tensors":
            pairs = zip(_tensors(place), _tensors(place + 1), strict=True)
            return [(cost, _both(one, other)) for (cost, one), (_, other) in pairs]
        case "unsaid":
            others: tuple[tuple[int, Kind], ...] = ((3, "int"), (3, "number"), (5, "tensors"))
            return _tensors(place) + [
                (more + cost, value) for more, each in others for cost, value in choices(each, place)
            ]
        case "ints":
            sides = [(2, lambda setting: [setting.side]), (3, lambda setting: [setting.side] * 2)]
            return [*_plain(kind), *sides]
    return _plain(kind)


def _plain(kind: Kind) -> list[Choice]:
    return [(cost, partial(_same, value)) for cost, value in enumerate(PLAIN[kind])]


def _same(value: Any, _: Setting) -> Any:
    return value


def _both(one: Value, other: Value) -> Value:
    return lambda setting: (one(setting), other(setting))


def _tensors(place: int) -> list[Choice]:
    held: tuple[Held, ...] = ("real", "index", "truth")
    pairs = itertools.product(LIKE, enumerate(held))
    return [(cost + more, partial(_cube, each, beside, place)) for (cost, beside), (more, each) in pairs]


def _cube(held: Held, beside: int, place: int, setting: Setting) -> torch.Tensor | None:
    axes = setting.axes + beside
    return drawn(held, (setting.side,) * axes, setting.style, place) if axes >= 0 else None


def drawn(held: Held, shape: tuple[int, ...], style: str, seed: int) -> torch.Tensor:
    """A tensor of ``shape``: real numbers of a style, or whole ones and truths, of which neither is always there."""
    if held != "real":
        ones = (torch.arange(torch.Size(shape).numel()) + seed) % 3 % 2
        return ones.reshape(shape).to(torch.bool if held == "truth" else torch.int64)
    x = torch.rand(shape, generator=torch.Generator().manual_seed(seed + 1), dtype=torch.float64) / 2
    match style:
        case "large":
            return x + 1.25
        case "negative":
            return x - 0.75
        case "definite" if x.dim() > 1 and x.shape[-1] == x.shape[-2]:
            return x @ x.mT + torch.diag(torch.arange(1.0, 1 + x.shape[-1], dtype=x.dtype))
    return x + 0.25


def by_cost(lists: Sequence[Sequence[tuple[int, T]]], total: int) -> Iterator[tuple[T, ...]]:
    """One of each list, where the costs add up to ``total``."""
    if not lists:
        if total == 0:
            yield ()
        return
    for cost, value in lists[0]:
        if cost <= total:
            yield from ((value, *rest) for rest in by_cost(lists[1:], total - cost))

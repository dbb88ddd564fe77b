"""Edge samples as worked numbers: what goes in, what comes out, and what comes back for a cotangent of ones."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from gradsuite.catalogue import numbers
from gradsuite.catalogue.items import Item
from gradsuite.spec.definition import Edge
from gradsuite.spec.formula import notation as write
from gradsuite.spec.formula.mathml import equation


@dataclass(frozen=True)
class Sample:
    """A sample's equations, ready to be drawn, and what its author says of it."""

    given: tuple[str, ...]
    outputs: tuple[str, ...]
    gradients: tuple[str, ...]
    remark: str


def worked(edges: Iterable[Item]) -> Item | None:
    """The sample that teaches most: finite numbers with a gradient, as many different ones as there are."""
    telling = [item for item in edges if _gradients(item) and _finite(item.value)]
    return max(telling, key=_variety, default=None)


def sample(item: Item, remark: str) -> Sample:
    """The sample of ``item``."""
    edge: Edge = item.value
    return Sample(
        given=tuple(_equations(edge.values.items())),
        outputs=tuple(_equations((name, edge.expect[name]) for name in _outputs(item))),
        gradients=tuple(_equations((f"d_{name}", edge.expect[name]) for name in _gradients(item))),
        remark=remark,
    )


def _equations(values: Iterable[tuple[str, Any]]) -> Iterator[str]:
    return (equation(write.name(name), numbers.written(value)) for name, value in values)


def _outputs(item: Item) -> list[str]:
    return [name for name in item.value.expect if name not in item.definition.inputs]


def _gradients(item: Item) -> list[str]:
    return [name for name in item.value.expect if name in item.definition.inputs]


def _all(edge: Edge) -> list[Any]:
    return [each for value in (*edge.values.values(), *edge.expect.values()) for each in numbers.flat(value)]


def _finite(edge: Edge) -> bool:
    return all(math.isfinite(each) for each in _all(edge) if isinstance(each, float))


def _variety(item: Item) -> int:
    """How many different numbers the expected values and gradients hold."""
    return len({each for value in item.value.expect.values() for each in numbers.flat(value)})

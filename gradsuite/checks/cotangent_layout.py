"""The gradient does not depend on how its cotangent lies in memory.

The engine hands a cotangent to the backward as it is. The same values are given contiguous and in every other layout:
transposed, as a part of a larger memory (with NaN around them), expanded with stride 0, in channels_last, lazily
conjugated or negated; with several outputs, to one after the other. Each gradient must be the same, within twice its
natural error. A backward that refuses a strided cotangent fails, for nobody chooses how one lies; where it refuses a
lazy view, it is unsupported there.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch

from gradsuite.comparison import Check, Comparison
from gradsuite.inputs import layouts
from gradsuite.routes import sameness
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.sameness import Condition


def compare(evidence: Evidence) -> Iterator[Comparison]:
    """One comparison for each gradient and each layout of each cotangent."""
    yield from sameness.compare(evidence, [
        _condition(evidence, place, layout)
        for place, cotangent in enumerate(evidence.point.cotangents)
        for layout in layouts.names()[1:]
        if layouts.fits(layout, cotangent)
    ])  # fmt: skip


def _condition(evidence: Evidence, place: int, layout: str) -> Condition:
    point = evidence.point
    owner = f" of output {point.selected[place]}" if len(point.selected) > 1 else ""
    at = evidence
    if layouts.get(layout).repeats:
        repeated = layouts.lay_out(point.cotangents[place], layout).contiguous()
        at = evidence.at(point.weighted(_replaced(point.cotangents, place, repeated)))

    def there() -> Evidence:
        fresh, laid = at.point.afresh(), layouts.lay_out(at.point.cotangents[place], layout)
        return evidence.at(fresh.weighted(_replaced(fresh.cotangents, place, laid)))

    name, when = f"cotangent{owner} {layout}", f"the cotangent{owner} is {layouts.get(layout).words}"
    return Condition.shown(name, when, at, there, refusable=layouts.get(layout).lazy)


def _replaced(cotangents: list[torch.Tensor], place: int, other: torch.Tensor) -> list[torch.Tensor]:
    return [*cotangents[:place], other, *cotangents[place + 1 :]]


CHECK = Check(compare, samples="few")

"""The gradient does not depend on how its cotangent lies in memory.

The engine hands a cotangent to the backward as it is. The same values are given contiguous and in every other layout:
transposed, as a part of a larger memory (with NaN around them), expanded with stride 0, in channels_last, lazily
conjugated or negated; with several outputs, to one after the other. Each gradient must be the same, within twice its
natural error. A backward that refuses a strided cotangent fails, for nobody chooses how one lies; where it refuses a
lazy view, it is unsupported there. And it must leave the cotangent as it was, however that lies.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import torch

from gradsuite.comparison import Check, Comparison
from gradsuite.inputs import layouts
from gradsuite.numerics.estimate import Agreement
from gradsuite.results import Culprit
from gradsuite.routes import sameness
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.memory import Watch
from gradsuite.routes.reverse import gradients
from gradsuite.routes.sameness import Condition


def compare(evidence: Evidence) -> Iterator[Comparison]:
    """One comparison for each gradient and each layout of each cotangent, and one for the cotangent itself."""
    chosen = [
        (place, layout)
        for place, cotangent in enumerate(evidence.point.cotangents)
        for layout in layouts.names()[1:]
        if layouts.fits(layout, cotangent)
    ]
    yield from sameness.compare(evidence, [_condition(evidence, *each) for each in chosen])
    for place, layout in chosen:
        if not (layouts.get(layout).repeats or layouts.get(layout).lazy):
            yield _left_alone(evidence, place, layout)


def _left_alone(evidence: Evidence, place: int, layout: str) -> Comparison:
    """Whether a backward writes into a cotangent that lies so; one that repeats its memory nobody can write into."""
    fresh = evidence.point.afresh()
    laid = layouts.lay_out(fresh.cotangents[place], layout)
    watch = Watch({"cotangent": laid})
    with suppress(Exception):  # what it raises is told above
        gradients(fresh, _replaced(fresh.cotangents, place, laid))
    title = f"cotangent{_owner(evidence, place)} {layout}, left alone"
    if not watch.changed():
        return Comparison(title, Agreement.AGREE)
    sentence = f"the backward is wrong: it overwrites its cotangent where that is {layouts.get(layout).words}"
    return Comparison(title, Agreement.DISAGREE, Culprit.BACKWARD, sentence)


def _owner(evidence: Evidence, place: int) -> str:
    return f" of output {evidence.point.selected[place]}" if len(evidence.point.selected) > 1 else ""


def _condition(evidence: Evidence, place: int, layout: str) -> Condition:
    point = evidence.point
    owner, at = _owner(evidence, place), evidence
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

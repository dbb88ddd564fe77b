"""Long sums are not accumulated in half precision.

A sum of a thousand terms that is kept in bfloat16 stops growing once it is 256 times as large as a term. At samples of
such sizes, with positive inputs and cotangents so that sums grow, outputs and gradients in half precision are held
against float64. The bound is the natural error of a computation that rounds its inputs and results to the tested dtype
and everything between to float32, which is what accelerators and torch's own kernels accumulate in. An op that loses as
much at a sample of a few terms has other reasons, which ``precision`` judges: here only what grows with the size fails,
and only tensors that are small beside what they are made of are looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import torch

from gradsuite.comparison import Check, Comparison, Figures
from gradsuite.errors import Unsupported
from gradsuite.inputs.conditions import parameters
from gradsuite.inputs.structure import Size, Structure, shapes, symbols
from gradsuite.numerics.estimate import Agreement
from gradsuite.numerics.noise import Noise
from gradsuite.numerics.precision import Format, widen
from gradsuite.results import Culprit
from gradsuite.routes.elementwise import Match, match
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.natural import CONFIDENCE, Numbers, natural_error
from gradsuite.routes.point import Point
from gradsuite.routes.reverse import gradients
from gradsuite.sample import Sample
from gradsuite.spec.definition import Definition
from gradsuite.spec.domains import get

FEW = 4  # terms of a sum that is not long
LONG = 16


def compare(evidence: Evidence) -> Iterator[Comparison]:
    """One comparison for each output and each gradient that is a sum."""
    if Format.of(evidence.dtype).unit <= Format.of(torch.float32).unit:
        raise Unsupported("this dtype is what sums are accumulated in")
    definition = evidence.subject.definition
    assert definition is not None
    point = Point(evidence.subject, _positive(definition, evidence.sample))
    sums = _sums(_numbers(point, point.cotangents, None), point)
    if not sums:
        raise Unsupported("nothing is summed over a long dimension")
    long = _matches(point, sums)
    lost = {name: found for name, found in long.items() if found.agreement is Agreement.DISAGREE}
    short = _short(definition, point, sums) if lost else {}
    for name, found in long.items():
        yield _judge(name, found, _worst(short[name]) if name in short else 0.0)


def _judge(name: str, found: Match, before: float) -> Comparison:
    title, figures = f"summation in {name}", Figures(ratios=found.ratios)
    grown = _worst(found) > CONFIDENCE * max(1.0, before)
    if found.agreement is not Agreement.DISAGREE or not grown:
        return Comparison(
            title, Agreement.AGREE if found.worst is not None else Agreement.INCONCLUSIVE, figures=figures
        )
    culprit = Culprit.FORWARD if name.startswith("output") else Culprit.BACKWARD
    sentence = f"the {culprit.value} is wrong in this dtype: it accumulates in it, and its error grows with the size"
    got = f"{_worst(found):.3g} natural errors, {before:.3g} where sums are short"
    return Comparison(title, Agreement.DISAGREE, culprit, sentence, where=name, got=got, expected="the same for both")


def _worst(found: Match) -> float:
    return max(found.ratios, default=0.0)


def _matches(point: Point, sums: Sequence[str]) -> dict[str, Match]:
    """Each sum against float64, in units of the careful natural error, and of what is typical of it."""
    weighted = point.weighted([ct.abs() for ct in point.cotangents])
    natural = natural_error(weighted, _numbers, salt=9, inside=torch.float32)
    own, truth = _numbers(weighted, weighted.cotangents, None), natural.values
    found = {}
    for name in sums:
        error = natural.errors[name]
        typical = error.clamp(min=error.median().item()) if error.numel() else error
        found[name] = match(own[name], widen(truth[name]), typical, overflows=natural.overflows)
    return found


def _sums(numbers: Mapping[str, torch.Tensor], point: Point) -> list[str]:
    """Those that are small beside the largest tensor: what they are made of was summed."""
    largest = max((t.numel() for t in (*point.tensors.values(), *point.outputs) if t is not None), default=0)
    return [name for name, number in numbers.items() if 0 < number.numel() * LONG <= largest]


def _numbers(point: Point, cotangents: list[torch.Tensor], noise: Noise | None) -> Numbers:
    outputs = {f"output {i}": point.outputs[i] for i in point.selected}
    return outputs | {f"the gradient of {name}": g for name, g in gradients(point, cotangents).items()}


def _positive(definition: Definition, sample: Sample) -> Sample:
    """The sample with the magnitudes of its real inputs, where their domains hold them."""
    scope = {**sample.symbols, **sample.arguments}

    def turned(name: str, x: torch.Tensor | None) -> torch.Tensor | None:
        if x is None or not x.is_floating_point():
            return x
        domain = definition.inputs[name].domain
        size = x.abs()
        inside = get(domain.name).holds(size.double(), *parameters(domain, scope))
        return size if bool(torch.as_tensor(inside).all()) else x

    return replace(sample, tensors={name: turned(name, x) for name, x in sample.tensors.items()})


def _short(definition: Definition, point: Point, sums: Sequence[str]) -> dict[str, Match]:
    """The same where sums are short; raises Unsupported where the op refuses that."""
    try:
        return _matches(Point(point.subject, _shortened(definition, point.sample)), sums)
    except Exception as error:  # in its own words: an index, say, that now lies outside
        raise Unsupported("it is not to be had with fewer terms") from error


def _shortened(definition: Definition, sample: Sample) -> Sample:
    """The sample with the first FEW entries in place of every long size, and of what follows from it."""
    sizes = {name: _fewer(size) for name, size in sample.symbols.items()}
    absent = frozenset(name for name, x in sample.tensors.items() if x is None)
    wanted = shapes(definition, Structure(sizes, sample.arguments, absent))
    cut = {name: x if x is None else x[tuple(map(slice, wanted[name] or ()))] for name, x in sample.tensors.items()}
    return replace(sample, tensors=cut)


def _fewer(size: Size) -> Size:
    if isinstance(size, int):
        return FEW if size > LONG else size
    return tuple(FEW if each > LONG else each for each in size)


def _needs(definition: Definition | None) -> str:
    return "" if definition is not None and symbols(definition) else "no size may vary"


CHECK = Check(compare, needs=_needs, samples="large")

"""The gradient stays right where elements are counted beyond 2**31.

A small sample is repeated along one dimension until a tensor has more elements than 32 bits count. Where the op works
row by row along it, which is tried with two repetitions first, the outputs and gradients that grow must be those of the
small sample, repeated, within its natural error. It takes the memory of about six such tensors: run it on an
accelerator, or in half precision.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import torch

from gradsuite import devices
from gradsuite.comparison import Check, Comparison
from gradsuite.errors import Unsupported
from gradsuite.inputs.structure import Size, Structure, shapes, symbols
from gradsuite.numerics.estimate import Agreement
from gradsuite.results import Culprit
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.natural import CONFIDENCE
from gradsuite.routes.point import Point
from gradsuite.routes.reverse import gradients
from gradsuite.spec.definition import Definition

COUNTED = 2**31
AT_ONCE = 2**24  # elements that are compared at a time
TENSORS = 6  # inputs, outputs, cotangents, gradients, and what is on the way to them
Found = Mapping[str, torch.Tensor]


def compare(evidence: Evidence) -> Iterator[Comparison]:
    """One comparison for each output and each gradient that grows."""
    definition = evidence.subject.definition
    assert definition is not None
    symbol = next((s for s in symbols(definition) if _works_by_rows(evidence, definition, s)), None)
    if symbol is None:
        raise Unsupported("the op works row by row along none of the dimensions that may vary")
    largest = max(t.numel() for t in _results(evidence.point, evidence.point.cotangents).values())
    _refuse_without_memory(evidence)
    for name, wrong in _differing(evidence, _grown(evidence, definition, symbol, COUNTED // largest + 1)).items():
        yield _judge(name, wrong)


def _works_by_rows(evidence: Evidence, definition: Definition, symbol: str) -> bool:
    try:
        twice = _grown(evidence, definition, symbol, 2)
    except (RuntimeError, ValueError, IndexError, ZeroDivisionError):
        return False  # along this dimension the op does not take twice as much
    return bool(twice) and not any(_differing(evidence, twice).values())


def _grown(evidence: Evidence, definition: Definition, symbol: str, times: int) -> Found:
    """The outputs and gradients that grow where the sample is repeated ``times`` along ``symbol``."""
    sample = evidence.sample
    sizes = {**sample.symbols, symbol: _multiple(sample.symbols[symbol], times)}
    wanted = shapes(definition, Structure(sizes, sample.arguments))
    tensors = {n: None if t is None else _repeated(t, wanted[n] or ()) for n, t in sample.tensors.items()}
    point = Point(evidence.subject, replace(sample, tensors=tensors, symbols=sizes))
    outputs = point.select(point.outputs)
    weights = [_repeated(ct, tuple(o.shape)) for ct, o in zip(evidence.point.cotangents, outputs, strict=True)]
    small = _results(evidence.point, evidence.point.cotangents)
    return {n: t for n, t in _results(point, weights).items() if _grew(t, small[n])}


def _grew(large: torch.Tensor, small: torch.Tensor) -> bool:
    """Whether one axis is longer, and the others are as they were."""
    return sum(new != old for new, old in zip(large.shape, small.shape, strict=True)) == 1


def _multiple(size: Size, times: int) -> Size:
    """The size, or the first of several, times as large."""
    return (*(s * times for s in size[:1]), *size[1:]) if isinstance(size, tuple) else size * times


def _repeated(x: torch.Tensor, shape: tuple[int, ...]) -> torch.Tensor:
    return x.detach().repeat([new // old for new, old in zip(shape, x.shape, strict=True)])


def _results(point: Point, cotangents: list[torch.Tensor]) -> Found:
    outputs = {f"output {i}": output for i, output in enumerate(point.select(point.outputs))}
    return outputs | {f"gradient {name}": g for name, g in gradients(point, cotangents).items()}


def _differing(evidence: Evidence, grown: Found) -> dict[str, int]:
    """By name, how many elements lie further from the small sample's than its natural error."""
    small = _results(evidence.point, evidence.point.cotangents)
    return {name: _wrong(large, small[name], evidence.natural.errors[name]) for name, large in grown.items()}


def _wrong(large: torch.Tensor, small: torch.Tensor, natural: torch.Tensor) -> int:
    """In how many elements; the repetitions are compared some at a time, to save memory."""
    (axis,) = (k for k, size in enumerate(small.shape) if large.shape[k] != size)
    repetitions = large.unflatten(axis, (-1, small.shape[axis])).movedim(axis, 0)
    truth, bound = small.double(), CONFIDENCE * natural.to(small.device).reshape(small.shape)
    some = repetitions.split(max(1, AT_ONCE // small.numel()))
    return sum(int((~((each.double() - truth).abs() <= bound)).sum()) for each in some)


def _refuse_without_memory(evidence: Evidence) -> None:
    device = evidence.point.primal(evidence.point.names[0]).device.type
    needed, free = TENSORS * COUNTED * evidence.dtype.itemsize, devices.get(device).free()
    if free < needed:
        raise Unsupported(f"it takes {needed / 2**30:.0f} GiB, and {free / 2**30:.0f} GiB are free on {device}")


def _judge(name: str, wrong: int) -> Comparison:
    title = f"{name} beyond 2**31 elements"
    if not wrong:
        return Comparison(title, Agreement.AGREE)
    culprit = Culprit.FORWARD if name.startswith("output") else Culprit.BACKWARD
    sentence = f"the {culprit.value} is wrong beyond 2**31 elements, and right for the rows one by one"
    return Comparison(title, Agreement.DISAGREE, culprit, sentence, got=f"{wrong} elements differ", expected="none")


def _needs(definition: Definition | None) -> str:
    return "" if definition is not None and symbols(definition) else "no size may vary"


CHECK = Check(compare, needs=_needs, samples="first", shrinks=False)

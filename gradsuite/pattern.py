"""What the samples at which a comparison fails have in common, and no sample at which it holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import torch

from gradsuite.inputs.structure import Size
from gradsuite.sample import Sample

ORDINARY = (2.0**-3, 2.0**3)  # magnitudes of what is drawn as ordinary
SMALL = 16  # sizes up to this are drawn all the time


def pattern(failing: Sequence[Sample], holding: Sequence[Sample], told: Sequence[Sample] = ()) -> str:
    """``only where x holds a zero (3 of 29 samples)``; empty where every sample fails, or nothing tells them apart.

    ``told``: samples that fail, too, but were not drawn: the smallest one.
    """
    if not failing or not holding:
        return ""
    example = next((sample for sample in (*failing, *holding) if sample.profile == "example"), None)
    common = dict.fromkeys(features(failing[0], example))
    for sample in (*failing[1:], *told):
        present = set(features(sample, example))
        common = {feature: None for feature in common if feature in present}
    for sample in holding:
        for feature in features(sample, example):
            common.pop(feature, None)
    common |= dict.fromkeys(_from_some_size_on([*failing, *told], holding))
    shared = next(iter(common), "")
    return f"only where {shared} ({len(failing)} of {len(failing) + len(holding)} samples)" if shared else ""


def _from_some_size_on(failing: Sequence[Sample], holding: Sequence[Sample]) -> Iterator[str]:
    """Sizes beyond every one at which the comparison holds."""
    for symbol in failing[0].symbols:
        least, most = min(map(_sizes(symbol), failing)), max(map(_sizes(symbol), holding))
        if least > max(most, SMALL):
            yield f"{symbol} is {least} or more"


def _sizes(symbol: str) -> Callable[[Sample], int]:
    """The largest size that ``symbol`` stands for in a sample."""

    def of(sample: Sample) -> int:
        size = sample.symbols.get(symbol, 0)
        return max(size, default=0) if isinstance(size, tuple) else size

    return of


def features(sample: Sample, example: Sample | None = None) -> Iterator[str]:
    """What is special about a sample, the most telling first; last, how it goes beyond the user's ``example``."""
    yield from _of_gradients(sample)
    for name, x in sample.tensors.items():
        if x is None:
            yield f"{name} is left out"
            continue
        if sample.layouts.get(name, "contiguous") != "contiguous":
            yield f"{name} is {sample.layouts[name]}"
        yield from (f"{name} {words}" for words in _of_values(x))
    for symbol, size in sample.symbols.items():
        yield from _of_size(symbol, size)
    for argument, value in sample.arguments.items():
        yield f"{argument} = {value!r}"
    if example is not None:
        for name, x in sample.tensors.items():
            yield from (f"{name} {words}" for words in _beyond(x, example.tensors.get(name)))


def _beyond(x: torch.Tensor | None, given: torch.Tensor | None) -> Iterator[str]:
    """Whether some of ``x`` lies outside what is ``given``: the user may not mean the op to be called there."""
    if x is None or given is None or x.is_complex() or not (x.numel() and given.numel()):
        return
    low, high = (end(given.detach().to(torch.float64)).item() for end in (torch.min, torch.max))
    if x.min().item() < low:
        yield f"goes below the examples, whose least is {low:.3g}"
    if x.max().item() > high:
        yield f"goes above the examples, whose greatest is {high:.3g}"


def _of_gradients(sample: Sample) -> Iterator[str]:
    able = [name for name, x in sample.tensors.items() if x is not None and (x.is_floating_point() or x.is_complex())]
    if len(sample.differentiable) == 1 < len(able):
        yield f"{sample.differentiable[0]} alone requires grad"
    yield from (f"{name} requires no grad" for name in able if name not in sample.differentiable)


def _of_values(x: torch.Tensor) -> Iterator[str]:
    if not x.numel():
        yield "has no elements"
        return
    x = x.detach().to(torch.uint8) if x.dtype == torch.bool else x.detach()
    size = x.abs()
    if not bool(torch.isfinite(size).all()):
        yield "is not finite"
    if bool((size == 0).any()):
        yield "holds a zero"
    if x.numel() > 1 and len(set(x.reshape(-1).tolist())) < x.numel():
        yield "holds equal entries"
    if not x.is_complex() and bool((x < 0).any()):
        yield "is negative somewhere"
    if x.is_floating_point() and bool((size > ORDINARY[1]).any()):
        yield "is large"
    if x.is_floating_point() and bool(((size > 0) & (size < ORDINARY[0])).any()):
        yield "is small"
    if x.is_floating_point() and bool((x == x.round()).any()):
        yield "holds a whole number"


def _of_size(symbol: str, size: Size) -> Iterator[str]:
    sizes = size if isinstance(size, tuple) else (size,)
    yield from (f"a size {symbol} is {n}" for n in (0, 1) if n in sizes)
    if isinstance(size, tuple) and len(size) != 1:
        yield f"{symbol} stands for {len(size)} sizes"

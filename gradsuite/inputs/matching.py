"""Sizes of the shape symbols read back from the shapes of given inputs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import zip_longest
from typing import Any

from gradsuite.errors import UsageError
from gradsuite.inputs import conditions
from gradsuite.inputs.structure import Shape, Size, symbols
from gradsuite.spec.definition import Axis, Definition


def match(definition: Definition, shapes: Mapping[str, Shape], arguments: Mapping[str, Any]) -> dict[str, Size]:
    """The sizes with which the declared shapes become ``shapes``; symbols of inputs not given are 1, or no sizes.

    Raises UsageError naming the input whose shape does not fit.
    """
    known: dict[str, Size] = {}
    for name, shape in shapes.items():
        axes = definition.inputs[name].shape
        spare = len(shape) - sum(not axis.variadic for axis in axes)
        variadic = any(axis.variadic for axis in axes)
        if spare < 0 or (spare > 0 and not variadic):
            raise UsageError(f"input {name!r} has shape {shape}, but the spec declares {len(axes)} axes")
        start = 0
        for axis in axes:
            length = spare if axis.variadic else 1
            _bind(axis, shape[start : start + length], known, arguments)
            start += length
    return {name: known.get(name, () if variadic else 1) for name, variadic in symbols(definition).items()}


def _bind(axis: Axis, sizes: Shape, known: dict[str, Size], arguments: Mapping[str, Any]) -> None:
    unknown = axis.size.names - arguments.keys()
    if axis.variadic:
        (name,) = unknown
        known[name] = _merged(known.get(name, ()), sizes) if axis.broadcast else sizes
    elif axis.broadcast:
        (name,) = unknown
        (known[name],) = _merged((known.get(name, 1),), sizes)
    elif len(unknown - known.keys()) == 1:
        (name,) = unknown - known.keys()
        known[name] = _solved(axis, name, sizes[0], {**arguments, **known})


def _merged(one: Any, other: Shape) -> Shape:
    pairs = zip_longest(reversed(one), reversed(other), fillvalue=1)
    merged = tuple(b if a == 1 else a for a, b in pairs)[::-1]
    if any(b not in (1, a) for a, b in zip(reversed(merged), reversed(other), strict=False)):
        raise UsageError(f"sizes {one} and {other} do not broadcast together")
    return merged


def _solved(axis: Axis, name: str, size: int, scope: Mapping[str, Any]) -> int:
    """The least size of one symbol for which a word of a shape has the value ``size``."""
    for guess in range(math.ceil(size) + 1):
        if conditions.number(axis.size, {**scope, name: guess}) == size:
            return guess
    raise UsageError(f"no size {name} makes {axis.size.text} equal to {size}")

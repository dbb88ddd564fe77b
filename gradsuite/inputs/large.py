"""Samples with one size past the tiles in which kernels work: a row too many, an index too long.

A kernel that is right for one block is not therefore right for the next, nor for the odd one at the end.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import product

import torch

from gradsuite.inputs.around import plain_sizes, sized
from gradsuite.inputs.blueprint import Blueprint
from gradsuite.inputs.effort import effort
from gradsuite.inputs.sampler import Sampler
from gradsuite.inputs.structure import Size, Structure, feasible, shapes, symbols
from gradsuite.numerics.precision import Format
from gradsuite.sample import Sample
from gradsuite.spec.definition import Definition

TILES = (1025, 129, 127, 33, 31)  # just past, and just short of, what is a power of two
ELEMENTS = 9 * 2049  # of one input at most


def large(
    definition: Definition, base: Mapping[str, Size], *, dtype: torch.dtype, device: torch.device, seed: int
) -> Iterator[Sample]:
    """For each symbol two samples: its largest size that fits, and another in turn.

    The others are as in ``base``, or smaller where it does not fit beside these.
    """
    sampler = Sampler(Blueprint(definition, effort("quick")), dtype, device, ("normal",))
    for place, structure in enumerate(_structures(definition, base, _tiles(dtype), seed)):
        yield sized(sampler, structure, seed + place)


def _tiles(dtype: torch.dtype) -> Sequence[int]:
    """The sizes; in half precision also that past which a sum of equal terms grows no longer."""
    unit = Format.of(dtype).unit
    last = int(1 / unit) + 1
    return (last, *TILES) if unit > Format.of(torch.float32).unit and last > TILES[0] else TILES


def _structures(
    definition: Definition, base: Mapping[str, Size], tiles: Sequence[int], seed: int
) -> Iterator[Structure]:
    plain: dict[str, Size] = {
        name: min(size, 3) if isinstance(size, int) else size for name, size in plain_sizes(definition).items()
    }
    found = list(symbols(definition).items())
    others = [TILES[1 + (seed + place) % (len(TILES) - 1)] for place in range(len(found))]
    for sizes in ([tiles[0]] * len(found), others):
        for (name, variadic), size in zip(found, sizes, strict=True):
            structure = _largest(
                definition, [{**plain, **base}, plain], name, [t for t in tiles if t <= size], variadic=variadic
            )
            if structure is not None:
                yield structure


def _largest(
    definition: Definition, beside: Sequence[Mapping[str, Size]], name: str, tiles: Sequence[int], *, variadic: bool
) -> Structure | None:
    """The structure with the symbol at the first of ``tiles`` that is not too much."""
    arguments = {argument: given[0] for argument, given in definition.arguments.items()}
    for size, others in product(tiles, beside):
        structure = Structure({**others, name: (size,) if variadic else size}, arguments)
        found = shapes(definition, structure)
        most = max((math.prod(shape) for shape in found.values() if shape is not None), default=0)
        if most <= ELEMENTS and feasible(definition, structure, found):
            return structure
    return None

"""Makes one sample from bytes: a tape for its structure, and three bytes for each element of its small tensors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from torch import Tensor

from gradsuite.inputs import fill, layouts
from gradsuite.inputs.blueprint import Blueprint
from gradsuite.inputs.region import Region, region
from gradsuite.inputs.structure import Shape, Structure
from gradsuite.inputs.tape import Tape
from gradsuite.inputs.values import BYTES, Codes, profiles_of
from gradsuite.sample import Sample
from gradsuite.spec.definition import Definition

# Of 32 samples: 17 ordinary ones first, and 7 with extreme or special values.
PROFILES = (
    *("normal",) * 17,
    *("integers",) * 3,
    *("ties",) * 3,
    *("edge",) * 2,
    *("huge",) * 2,
    *("tiny",) * 2,
    "subnormal",
    *("special",) * 2,
)
_LAYOUTS = (*("contiguous",) * 9, *("transposed",) * 2, *("sliced",) * 2, "channels_last", *("expanded",) * 2)
_FEW_DIGITS_ONE_IN = 8
_SUBSET_ONE_IN = 4
_OWN_BYTES = 8  # on the tape, besides the structure's and those of each input
_PLACE = fill.DRAWN * BYTES  # on the tape, for the elements of each input


@dataclass(frozen=True)
class Decisions:
    """What the tape says. ``codes``: how many codes each present input takes."""

    structure: Structure
    shapes: Mapping[str, Shape]
    regions: Mapping[str, Region]
    codes: Mapping[str, int]
    seed: int
    profile: str
    noisy: bool
    subset: int
    layouts: Mapping[str, str]


class Sampler:
    """Samples of one definition in a dtype and on a device; ``profiles`` are value profiles, plainest first."""

    def __init__(
        self, plan: Blueprint, dtype: torch.dtype, device: torch.device, profiles: tuple[str, ...] = PROFILES
    ) -> None:
        self.definition: Definition = plan.definition
        self.plan, self.dtype, self.device, self.profiles = plan, dtype, device, profiles
        inputs = len(plan.definition.inputs)
        length = plan.length + _OWN_BYTES + inputs * (1 + _PLACE)
        self.tape: SearchStrategy[bytes] = st.binary(min_size=length, max_size=length)

    def decide(self, tape: Tape) -> Decisions:
        """Everything but the elements, which are what is left of the tape.

        Raises UsageError where no structure is feasible.
        """
        structure, found = self.plan.read(tape)
        return self.decisions(structure, found, tape)

    def decisions(self, structure: Structure, found: Mapping[str, Shape | None], tape: Tape) -> Decisions:
        """The same for a structure that is known, with its shapes; a tape at its end decides for the plainest."""
        shapes = {name: shape for name, shape in found.items() if shape is not None}
        scope = structure.scope
        regions = {name: region(self.definition.inputs[name].domain, scope) for name in shapes}
        return Decisions(
            structure,
            shapes,
            regions,
            codes={name: fill.codes_needed(shape, regions[name], self.dtype) for name, shape in shapes.items()},
            seed=tape.number(),
            profile=self._profile(self.profiles[tape.choose(len(self.profiles))], regions),
            noisy=tape.choose(_FEW_DIGITS_ONE_IN) > 0,
            subset=self._subset(tape.choose(_SUBSET_ONE_IN), tape.byte()),
            layouts={name: _LAYOUTS[tape.choose(len(_LAYOUTS))] for name in self.definition.inputs},
        )

    def make(self, made: Decisions, data: bytes, redraw: int = 0) -> Sample:
        """The sample whose small tensors have their elements in ``data``; all are from the seed when drawn again."""
        generator = torch.Generator().manual_seed(made.seed + redraw)
        pieces = self._pieces(made, b"" if redraw else data, generator)
        contiguous = {name: self._tensor(made, name, codes) for name, codes in pieces}
        labels = {name: _layout(made, name, x) for name, x in contiguous.items()}
        laid = {name: layouts.lay_out(x, labels[name]) for name, x in contiguous.items()}
        return Sample(
            tensors={name: laid.get(name) for name in self.definition.inputs},
            arguments=made.structure.arguments,
            differentiable=self._differentiable(made, laid),
            seed=made.seed,
            variant=self.definition.name,
            profile=made.profile,
            layouts=labels,
            symbols=made.structure.symbols,
        )

    def _pieces(self, made: Decisions, data: bytes, generator: torch.Generator) -> Iterator[tuple[str, Codes]]:
        for place, (name, count) in enumerate(made.codes.items()):
            noise = fill.noise(count, generator) if made.noisy else None
            drawn = data[place * _PLACE :][: count * BYTES]
            few = count <= fill.DRAWN and data
            yield name, Codes.of(drawn if few else fill.random_bytes(count, generator), noise)

    def _tensor(self, made: Decisions, name: str, codes: Codes) -> Tensor:
        x = fill.tensor(codes, made.profile, made.shapes[name], made.regions[name], self.dtype)
        return x.to(self.device)

    def _subset(self, rarely: int, bits: int) -> int:
        """Which inputs require grad, a bit each; no bits mean all of them."""
        return bits if rarely == _SUBSET_ONE_IN - 1 else 0

    def _profile(self, wanted: str, regions: Mapping[str, Region]) -> str:
        """The profile, or normal where it would say nothing new of any input."""
        return wanted if any(wanted in profiles_of(found) for found in regions.values()) else "normal"

    def _differentiable(self, made: Decisions, laid: Mapping[str, Tensor]) -> tuple[str, ...]:
        names = differentiable(self.definition, laid)
        return tuple(name for bit, name in enumerate(names) if made.subset >> bit & 1) or names


def differentiable(definition: Definition, tensors: Mapping[str, Tensor | None]) -> tuple[str, ...]:
    """The inputs that may require grad: present, of a floating or complex dtype, and not declared constant."""
    return tuple(
        name
        for name, x in tensors.items()
        if x is not None and name not in definition.constant_inputs and (x.is_floating_point() or x.is_complex())
    )


def _layout(made: Decisions, name: str, x: Tensor) -> str:
    """The drawn layout where it fits; repeated entries do not fit a domain with a shape of its own."""
    wanted = made.layouts[name]
    shaped = wanted == "expanded" and made.regions[name].kind.shape is not None
    return wanted if layouts.fits(wanted, x) and not shaped else "contiguous"

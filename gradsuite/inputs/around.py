"""Samples around a user's own tensors, where there is no spec.

First the tensors as they are, then the sizes at which mistakes show (none, one, more axes), then values of every kind
in shares that are fixed, so that none is left to chance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain, islice

import torch

from gradsuite.flight import FLIGHT
from gradsuite.inputs.blueprint import Blueprint
from gradsuite.inputs.conditions import holds
from gradsuite.inputs.effort import effort
from gradsuite.inputs.region import Region, region
from gradsuite.inputs.sampler import Sampler
from gradsuite.inputs.search import draw
from gradsuite.inputs.strategies import drawn_from
from gradsuite.inputs.structure import Size, Structure, feasible, shapes, symbols
from gradsuite.inputs.tape import Tape
from gradsuite.numerics.precision import widen
from gradsuite.sample import Sample
from gradsuite.spec.definition import Definition

# How many samples of each value profile, for each profile of effort. Without a spec nobody says how far the callable's
# own intermediate values may go: so no number is larger than the fourth root of what float32 holds, or the dtype.
SHARES = {
    "quick": {"normal": 2, "zeros": 1, "integers": 1, "ties": 1, "large": 1, "larger": 1, "smaller": 1},
    "default": {
        "normal": 4, "zeros": 3, "integers": 3, "ties": 3, "large": 2, "small": 1, "edge": 1, "larger": 1, "smaller": 1,
    },
    "thorough": {
        "normal": 20, "zeros": 8, "integers": 8, "ties": 8, "large": 6, "small": 4, "edge": 4, "larger": 4,
        "smaller": 4,
    },
}  # fmt: skip
SIZES = {"quick": 8, "default": 12, "thorough": 24}  # samples whose sizes expose mistakes
APART, FEW = 2, 3  # samples of each kind of special numbers in one input alone, for each of the first inputs
TRIES = 4  # to meet what the callable takes
LONGEST = 2.0  # seconds of drawing samples of one value profile, for nearly all may be refused by a slow callable


@dataclass(frozen=True)
class Around:
    """Draws samples of ``definition`` around ``example``, in its dtype and on its device.

    ``admits`` rejects a sample (outside the user's domain, refused by the callable); the example is not asked about.
    """

    definition: Definition
    example: Sample
    dtype: torch.dtype
    device: torch.device
    profile: str
    admits: Callable[[Sample], bool]

    def draw(self, identity: str, seed: int) -> list[Sample]:
        """The samples, the example first; the same ones for the same identity and seed."""
        structured = [sample for sample in self._structured(seed) if self.admits(sample)]
        valued = [sample for kind in SHARES[self.profile] for sample in self._valued(kind, identity, seed)]
        plain = filter(self.admits, self._uniform(seed))
        return [self.example, *structured[: SIZES[self.profile]], *plain, *self._apart(seed), *valued]

    def _valued(self, kind: str, identity: str, seed: int) -> list[Sample]:
        """Samples of one value profile; the first that Hypothesis makes is the plainest of all, and of no kind."""
        strategy = drawn_from(self._sampler(kind)).filter(self.admits)
        count = SHARES[self.profile][kind]
        with FLIGHT.within(LONGEST):
            return draw(strategy, count=count + 1, identity=f"{identity}::{kind}", seed=seed)[1:]

    def _apart(self, seed: int) -> Iterator[Sample]:
        """One input special, the others ordinary; plain sizes in turn.

        Whole numbers, as coordinates have that lie on a grid; and in an op of several inputs some zeros, which mean
        something else where they meet no zeros (0 ** b).
        """
        names = list(self.definition.inputs)
        for kind in ("integers", "zeros") if len(names) > 1 else ("integers",):
            for place in range(APART * len(names[:FEW])):
                tries = (self._special(kind, names[place // APART], place, seed + 97 * k) for k in range(TRIES))
                yield from islice(filter(self.admits, chain.from_iterable(tries)), 1)

    def _uniform(self, seed: int) -> Iterator[Sample]:
        """Each input all zeros, or an identity if it is square, the others ordinary: where eigenvalues are equal."""
        sampler = self._sampler("normal")
        for place, structure in enumerate(_feasible(self.definition, self._bases[0])):
            ordinary = sized(sampler, structure, seed + place)
            for name in ordinary.differentiable[:FEW]:
                x, drawn = ordinary.tensors[name], self.definition.inputs[name].domain
                found = region(drawn, structure.scope)
                if x is None:
                    continue
                square = x.dim() >= 2 and x.shape[-1] == x.shape[-2] > 1
                plain = [torch.zeros_like(x), *([torch.eye(x.shape[-1]).to(x).expand_as(x).clone()] if square else [])]
                for uniform in plain:
                    if _lies_in(found, uniform):
                        yield replace(ordinary, tensors={**ordinary.tensors, name: uniform}, profile="zeros")

    def _special(self, kind: str, name: str, place: int, seed: int) -> Iterator[Sample]:
        for structure in _feasible(self.definition, self._bases[place % 2]):
            ordinary = sized(self._sampler("normal"), structure, seed + place)
            special = sized(self._sampler(kind), structure, seed + place)
            yield replace(ordinary, tensors={**ordinary.tensors, name: special.tensors[name]}, profile=kind)

    @property
    def _bases(self) -> tuple[Mapping[str, Size], Mapping[str, Size]]:
        return self.example.symbols, plain_sizes(self.definition)

    def _structured(self, seed: int) -> Iterator[Sample]:
        sampler = self._sampler("normal")
        found = [structure for base in self._bases for structure in exposing(self.definition, base)]
        for place, structure in enumerate(found):
            if structure not in found[:place]:
                yield sized(sampler, structure, seed + place)

    def _sampler(self, kind: str) -> Sampler:
        return Sampler(Blueprint(self.definition, effort(self.profile)), self.dtype, self.device, (kind,))


def _lies_in(found: Region, x: torch.Tensor) -> bool:
    """Whether a tensor lies in the domain; of one that is no product of intervals, as far as it can tell."""
    kind = found.kind
    if kind.shape is not None and (kind.member is None or not kind.member(widen(x).cpu())):
        return False
    return bool(found.holds(x).all())


def sized(sampler: Sampler, structure: Structure, seed: int) -> Sample:
    """A sample of this structure, contiguous, its elements made from ``seed``."""
    made = sampler.decisions(structure, shapes(sampler.definition, structure), Tape())
    return sampler.make(replace(made, seed=seed, noisy=True), b"", 0)


def exposing(definition: Definition, base: Mapping[str, Size]) -> Iterator[Structure]:
    """The sizes ``base``, then with one symbol of no entry, or one, or (variadic) of no axis, or of more."""
    yield from _feasible(definition, base)
    for name, variadic in symbols(definition).items():
        for size in ((), (1,), (2, 1), (0,)) if variadic else (1, 0):
            yield from _feasible(definition, {**base, name: size})
        if variadic:  # an axis of one entry between others
            for other, also in symbols(definition).items():
                if not also:
                    yield from _feasible(definition, {**base, name: (2,), other: 1})


def plain_sizes(definition: Definition) -> dict[str, Size]:
    """Sizes of two and more, no two alike, that meet the requirements if those are lower limits."""
    found: dict[str, Size] = {}
    for place, (name, variadic) in enumerate(symbols(definition).items()):
        found[name] = (2,) if variadic else _least(definition, name, 2 + place)
    return found


def _least(definition: Definition, name: str, wanted: int) -> int:
    limits = [formula for formula in definition.require if formula.names == {name}]
    return next((n for n in range(wanted, wanted + 64) if all(holds(f, {name: n}) for f in limits)), wanted)


def _feasible(definition: Definition, sizes: Mapping[str, Size]) -> Iterator[Structure]:
    structure = Structure(sizes, {name: given[0] for name, given in definition.arguments.items()})
    if feasible(definition, structure, shapes(definition, structure)):
        yield structure

"""A subject at a sample: its forward, its directions and its draws, each computed once and shared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from functools import cached_property

import torch

from gradsuite.errors import Unsupported
from gradsuite.numerics.precision import wide, widen
from gradsuite.routes.randomness import Draws
from gradsuite.routes.room import clearance, hold_back
from gradsuite.sample import Sample, Subject

Tensors = Mapping[str, torch.Tensor | None]

# Magnitudes with three significant bits: exact in every format, so that a step along them is exact too.
MAGNITUDES = torch.tensor([1.0, 1.25, 1.5, 1.75], dtype=torch.float64)


class Point:
    """One sample of one subject, in the dtype of its tensors.

    ``wide`` is the same point in float64 or complex128: the same values, directions and random draws.
    Directions are drawn from the sample's seed on the CPU, so that they do not depend on dtype or device.
    """

    def __init__(self, subject: Subject, sample: Sample) -> None:
        self.subject, self.sample = subject, sample
        self.tensors: Tensors = sample.tensors
        self.names = sample.differentiable
        self._origin: Point | None = None

    @cached_property
    def wide(self) -> Point:
        """This point in the widest dtype; itself where it already is."""
        tensors = {name: t if t is None else widen(t) for name, t in self.tensors.items()}
        if all(self.primal(name).dtype == wide(self.primal(name).dtype) for name in self.names):
            return self
        twin = Point(self.subject, self.sample)
        twin.tensors, twin._origin = tensors, self
        return twin

    def at(self, tensors: Tensors) -> Point:
        """The subject at other values of the same inputs, with this point's directions and random draws."""
        twin = Point(self.subject, self.sample)
        twin.tensors, twin._origin = tensors, self
        return twin

    def of(self, subject: Subject) -> Point:
        """Another subject at this point: the same values, directions and random draws."""
        twin = self.at(self.tensors)
        twin.subject = subject
        return twin

    # The op itself.

    def call(self, tensors: Tensors) -> tuple[torch.Tensor, ...]:
        """The op's outputs at ``tensors``, with this sample's arguments and random draws."""
        draws = self.draws
        with Draws(draws) if draws else nullcontext():
            return self.subject.call(tensors, self.sample)

    @cached_property
    def draws(self) -> list[torch.Tensor]:
        """What a random op drew in its first run in the tested dtype; empty where the op is not random."""
        if self._origin is not None:
            return self._origin.draws
        if not self.subject.random:
            return []
        torch.manual_seed(self.sample.seed)
        with Draws() as recording:
            self.subject.call(self.tensors, self.sample)
        recorded: list[torch.Tensor] = recording.recorded
        return recorded

    def primal(self, name: str) -> torch.Tensor:
        """The value of a differentiable input, which is never absent."""
        tensor = self.tensors[name]
        assert tensor is not None
        return tensor

    def leaves(self) -> dict[str, torch.Tensor | None]:
        """The inputs as fresh leaves, the differentiable ones requiring grad; memory is shared with the sample."""
        fresh = {name: None if t is None else t.detach() for name, t in self.tensors.items()}
        return fresh | {name: self.primal(name).detach().requires_grad_() for name in self.names}

    @cached_property
    def graph(self) -> tuple[dict[str, torch.Tensor | None], tuple[torch.Tensor, ...]]:
        """Leaves and the outputs computed from them, with their autograd graph."""
        leaves = self.leaves()
        with torch.enable_grad():
            return leaves, self.call(leaves)

    @cached_property
    def outputs(self) -> tuple[torch.Tensor, ...]:
        """All outputs, detached."""
        return tuple(output.detach() for output in self.graph[1])

    @cached_property
    def selected(self) -> tuple[int, ...]:
        """Which outputs carry a gradient; raises Unsupported where none does."""
        selected = tuple(i for i, output in enumerate(self.graph[1]) if output.requires_grad)
        if not selected:
            raise Unsupported("no output requires grad at this sample")
        return selected

    def select(self, outputs: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """Those of ``outputs`` that carry a gradient."""
        return [outputs[i] for i in self.selected]

    # Directions.

    @cached_property
    def cotangents(self) -> list[torch.Tensor]:
        """A signed weight of magnitude 1 to 1.75 on each element of each output that carries a gradient."""
        return self._weights(0) if self._origin is None else self._cast(self._origin.cotangents)

    @cached_property
    def more_cotangents(self) -> list[torch.Tensor]:
        """A second set of the same kind."""
        return self._weights(1) if self._origin is None else self._cast(self._origin.more_cotangents)

    def _weights(self, salt: int) -> list[torch.Tensor]:
        generator = torch.Generator().manual_seed(self.sample.seed * 1_000_003 + salt)
        return [signed(output, generator) for output in self.select(self.outputs)]

    def _cast(self, cotangents: list[torch.Tensor]) -> list[torch.Tensor]:
        return [ct.to(output.dtype) for ct, output in zip(cotangents, self.select(self.outputs), strict=True)]

    @cached_property
    def tangents(self) -> dict[str, torch.Tensor]:
        """A signed direction over all differentiable inputs: the j-th element of size about max(|x_j|, typical |x|).

        Held within the domain's clearance and off declared kinks for every step up to room.REACH.
        """
        return self._directions(-1) if self._origin is None else self._inherited(self._origin.tangents)

    @cached_property
    def second_tangents(self) -> dict[str, torch.Tensor]:
        """Another direction of the same kind, for second derivatives."""
        return self._directions(-2) if self._origin is None else self._inherited(self._origin.second_tangents)

    def _inherited(self, directions: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        return {name: t.to(self.primal(name).dtype) for name, t in directions.items()}

    def _directions(self, salt: int) -> dict[str, torch.Tensor]:
        generator = torch.Generator().manual_seed(self.sample.seed * 1_000_003 + salt)
        drawn = {name: self._tangent(name, generator) for name in self.names}
        definition = self.subject.definition
        return drawn if definition is None else hold_back(definition, self.sample, self.tensors, drawn)

    def _tangent(self, name: str, generator: torch.Generator) -> torch.Tensor:
        values = self.primal(name)
        size = values.detach().abs().to(torch.float64)
        finite = size[torch.isfinite(size) & (size > 0)]
        typical = finite.median() if finite.numel() else size.new_ones(())
        room = torch.maximum(size, typical).nan_to_num(nan=1.0, posinf=0.0)
        definition = self.subject.definition
        limit = None if definition is None else clearance(definition, name, widen(values), self.sample)
        room = room if limit is None else torch.minimum(room, limit.clamp(min=0))
        return (signed(values, generator) * _power_of_two(room)).to(values.dtype)


def _power_of_two(size: torch.Tensor) -> torch.Tensor:
    """The largest power of two not above ``size``, elementwise; zero for zero."""
    exponent = torch.frexp(size)[1] - 1
    return torch.where(size > 0, torch.ldexp(torch.ones_like(size), exponent), torch.zeros_like(size))


def signed(like: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Random signs times magnitudes from 1 to 1.75, in shape, dtype and device of ``like``; complex: both parts."""
    count = 2 if like.is_complex() else 1
    shape = (count, *like.shape)
    signs = torch.randint(0, 2, shape, generator=generator, dtype=torch.float64) * 2 - 1
    parts = signs * MAGNITUDES[torch.randint(0, 4, shape, generator=generator)]
    values = torch.complex(parts[0], parts[1]) if count == 2 else parts[0]
    return values.to(dtype=like.dtype, device=like.device)

"""A subject at a sample: its forward, its directions and its draws, each computed once and shared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cached_property

import torch

from gradsuite.flight import FLIGHT
from gradsuite.numerics.precision import Format, wide, widen
from gradsuite.routes.directions import Key, signed, sized
from gradsuite.routes.inside import Widths, shows_float32
from gradsuite.routes.memory import copied
from gradsuite.routes.randomness import Draws, seed
from gradsuite.routes.room import clearance, hold_back
from gradsuite.sample import Sample, Subject

Tensors = Mapping[str, torch.Tensor | None]
BESIDE = 2.0**-8.5  # along the tangent: crooked, so that sums with it need all digits


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
        self.ran = False  # whether a backward has run through the graph
        self.unfinished: dict[type, tuple[float, float]] = {}  # what routes.iterations found, by kind of line

    @property
    def wide(self) -> Point:
        """This point in the widest dtype; itself where it already is."""
        return self._widened or self

    @cached_property
    def _widened(self) -> Point | None:
        """None in place of the point itself: a point that held itself would hold its tensors until a collection."""
        if all(self.primal(name).dtype == wide(self.primal(name).dtype) for name in self.names):
            return None
        return self.at({name: t if t is None else widen(t) for name, t in self.tensors.items()})

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

    def weighted(self, cotangents: list[torch.Tensor]) -> Point:
        """This point with other weights on its outputs."""
        twin = self.at(self.tensors)
        twin.__dict__["cotangents"] = cotangents
        return twin

    @property
    def plain(self) -> Point:
        """This point with every tensor contiguous, from the beginning of its memory on; itself where they are."""
        laid = {name: t if t is None or _is_plain(t) else plainly(t) for name, t in self.tensors.items()}
        return self if all(laid[name] is t for name, t in self.tensors.items()) else self.at(laid)

    def afresh(self) -> Point:
        """This point once more, with a graph and cotangents of its own."""
        return self.weighted([ct.clone() for ct in self.cotangents])

    # The op itself.

    def call(self, tensors: Tensors) -> tuple[torch.Tensor, ...]:
        """The op's outputs at ``tensors``, with this sample's arguments and random draws."""
        FLIGHT.at(self.sample)
        if not self.subject.random:
            return self.subject.call(tensors, self.sample)
        with Draws(self.draws):
            return self.subject.call(tensors, self.sample)

    @cached_property
    def draws(self) -> list[torch.Tensor]:
        """What a random op drew in its first run in the tested dtype; empty where the op is not random."""
        if self._origin is not None:
            return self._origin.draws
        if not self.subject.random:
            return []
        FLIGHT.at(self.sample)
        seed(self.sample.seed)
        with Draws() as recording:
            self.subject.call(self.tensors, self.sample)
        recorded: list[torch.Tensor] = recording.recorded
        return recorded

    @cached_property
    def dtype(self) -> torch.dtype:
        """That of the differentiable inputs; where they differ, the one that rounds most: an op may compute in it."""
        found = [self.primal(name).dtype for name in self.names]
        return max(found, key=lambda dtype: Format.of(dtype).unit, default=torch.float64)

    @cached_property
    def computes_in(self) -> torch.dtype | None:
        """The dtype in which the forward computes inside even where it is given float64; None where that is no loss.

        It is one where it is narrower than the point's own dtype.
        """
        if self._origin is not None and self._origin.dtype == self.dtype:
            return self._origin.computes_in
        inside = torch.float32 if self.wide.hides_float32 else self.wide._seen_inside[0]
        return inside if Format.of(inside).unit > Format.of(self.dtype).unit else None

    @cached_property
    def hides_float32(self) -> bool:
        """Whether the op, given float64, rounds to float32 where nobody sees it, its inputs, too."""
        if self._origin is not None and self._origin.dtype == self.dtype:
            return self._origin.hides_float32
        seen, moved = self._seen_inside
        return seen is torch.float64 and shows_float32(self.outputs, moved)

    @cached_property
    def _seen_inside(self) -> tuple[torch.dtype, tuple[torch.Tensor, ...]]:
        """The narrowest dtype that is seen inside, and the outputs where it was looked for: just beside the point."""
        beside = {**self.tensors, **{name: self.primal(name) + BESIDE * t for name, t in self.tangents.items()}}
        for tensors in (beside, self.tensors):
            with suppress(Exception), torch.no_grad(), Widths(tensors.values()) as widths:
                outputs = self.call(tensors)
                return widths.narrowest, outputs
        return torch.float64, self.outputs

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
        """Which outputs carry a gradient."""
        return tuple(i for i, output in enumerate(self.graph[1]) if output.requires_grad)

    def select(self, outputs: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """Those of ``outputs`` that carry a gradient."""
        return [outputs[i] for i in self.selected]

    # Directions.

    @cached_property
    def cotangents(self) -> list[torch.Tensor]:
        """A signed weight of magnitude 1 to 2 on each element of each output that carries a gradient."""
        return self._weights(0) if self._origin is None else self._cast(self._origin.cotangents)

    @cached_property
    def more_cotangents(self) -> list[torch.Tensor]:
        """A second set of the same kind."""
        return self._weights(1) if self._origin is None else self._cast(self._origin.more_cotangents)

    @cached_property
    def nearby(self) -> Tensors:
        """Other values: as far along the tangent as the first differences go, and 32 roundings at least.

        On the other side where the op refuses those, and the same values where it refuses both.
        """
        for side in (1, -1):
            found = dict(self.tensors)
            for name, tangent in self.tangents.items():
                step = side * max(2.0**-10, 32 * Format.of(tangent.dtype).unit)
                found[name] = torch.add(self.primal(name), tangent, alpha=step)
            with suppress(RuntimeError, ValueError), torch.no_grad():
                self.call({name: t if t is None else copied(t) for name, t in found.items()})
                return found
        return self.tensors

    def _weights(self, salt: int) -> list[torch.Tensor]:
        outputs = self.select(self.outputs)
        return [signed(output, (self.sample.seed, salt, place)) for place, output in enumerate(outputs)]

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
        drawn = {name: self._tangent(name, (self.sample.seed, salt, place)) for place, name in enumerate(self.names)}
        definition = self.subject.definition
        return drawn if definition is None else hold_back(definition, self.sample, self.tensors, drawn)

    def _tangent(self, name: str, key: Key) -> torch.Tensor:
        values, definition = self.primal(name), self.subject.definition
        limit = None if definition is None else clearance(definition, name, widen(values), self.sample)
        return sized(values, key, limit)


def plainly(tensor: torch.Tensor) -> torch.Tensor:
    """The same values in contiguous memory of their own, with nothing left to conjugate or to negate."""
    return tensor.detach().resolve_conj().resolve_neg().clone(memory_format=torch.contiguous_format)


def _is_plain(tensor: torch.Tensor) -> bool:
    lazy = tensor.is_conj() or tensor.is_neg()
    return tensor.is_contiguous() and not tensor.storage_offset() and not lazy

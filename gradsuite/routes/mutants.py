"""Mutants: the op itself, with a gradient that is spoilt on purpose in one way that people spoil gradients.

A mutant has the op's values, its directions and its random draws. The gradient of one input is changed after the op's
own backward, or comes from a cotangent that was changed before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from gradsuite.errors import Unsupported
from gradsuite.numerics.estimate import Agreement
from gradsuite.routes.alone import Located
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.point import Point
from gradsuite.sample import Sample, Subject

Change = Callable[[torch.Tensor], torch.Tensor]
# What does not ask the backward.
SHARED = ("quick", "thorough", "parts", "natural", "formula", "proven", "values_agree")


@dataclass(frozen=True)
class Mutant:
    """One way to spoil the gradient of ``input``: through the cotangents, or afterwards."""

    way: str
    input: str
    of_cotangent: Change = lambda ct: ct
    of_gradient: Change = lambda gradient: gradient

    @property
    def name(self) -> str:
        """As it is told: ``rolled for x``."""
        return f"{self.way} for {self.input}"

    def evidence(self, own: Evidence) -> Evidence:
        """The evidence of this mutant, with what the op's ``own`` says beside the backward."""
        call, names = own.subject.call, tuple(own.point.tensors)

        def spoilt(tensors: Any, sample: Sample) -> tuple[torch.Tensor, ...]:
            if not torch.is_grad_enabled():
                return call(tensors, sample)
            return _Spoilt.apply(self, call, sample, names, *tensors.values())  # type: ignore

        subject = Subject(own.subject.name, spoilt, own.subject.definition, own.subject.random)
        mutant = Evidence(subject, own.sample)
        mutant.point = own.point.of(subject)
        mutant.__dict__.update({name: getattr(own, name) for name in SHARED})
        if _is_derivative(own):
            mutant.__dict__["located"] = Located(Agreement.DISAGREE)
        return mutant


def mutants(point: Point) -> Iterator[Mutant]:
    """Every mutant that the shapes at ``point`` allow."""
    for name in point.names:
        yield from (Mutant(way, name, of_gradient=change) for way, change in OF_THE_GRADIENT.items())
        yield Mutant("there for positive cotangents only", name, of_cotangent=_positive)
        primal = point.primal(name)
        if primal.dim() > 1 and primal.size(-1) == primal.size(-2):
            yield Mutant("transposed", name, of_gradient=lambda gradient: gradient.mT)
        axis = _broadcast(primal, point.select(point.outputs))
        if axis is not None:
            yield Mutant("not summed over a broadcast axis", name, of_cotangent=_first_along(axis))


def _is_derivative(own: Evidence) -> bool:
    """Whether the op's gradient is the joint slope: then no kink lies there that could excuse another gradient, and
    nobody need look for the entry that is wrong.
    """
    slope = own.thorough
    return slope.smooth and own.reverse_vote.compare(slope.central, scale=own.scale) is Agreement.AGREE


def _last_entry_zero(gradient: torch.Tensor) -> torch.Tensor:
    flat = gradient.reshape(-1).clone()
    flat[-1:] = 0
    return flat.reshape(gradient.shape)


OF_THE_GRADIENT: dict[str, Change] = {
    "zero": torch.zeros_like,
    "negated": torch.neg,
    "1.001 times too large": lambda gradient: 1.001 * gradient,
    "rolled": lambda gradient: gradient.roll(1),
    "zero in its last entry": _last_entry_zero,
}


def _positive(ct: torch.Tensor) -> torch.Tensor:
    if ct.is_complex():
        return torch.view_as_complex(torch.view_as_real(ct.resolve_conj()).relu())
    return ct.relu()


def _broadcast(primal: torch.Tensor, outputs: Sequence[torch.Tensor]) -> int | None:
    """The last axis, counted from the right, along which an output is longer than the input's one entry."""
    largest = max(outputs, key=torch.Tensor.dim)
    for axis in range(1, largest.dim() + 1):
        if largest.size(-axis) > 1 and (axis > primal.dim() or primal.size(-axis) == 1):
            return -axis
    return None


def _first_along(axis: int) -> Change:
    """Keeps the first part of a cotangent along ``axis``: the gradient is then that part's alone."""

    def change(ct: torch.Tensor) -> torch.Tensor:
        kept = torch.zeros_like(ct)
        if ct.dim() >= -axis:
            kept.narrow(axis, 0, 1).copy_(ct.narrow(axis, 0, 1))
        return kept

    return change


class _Spoilt(torch.autograd.Function):
    """The op's call, and its own backward spoilt by a mutant."""

    @staticmethod
    def forward(
        ctx: Any, mutant: Mutant, call: Any, sample: Sample, names: tuple[str, ...], *values: torch.Tensor | None
    ) -> tuple[torch.Tensor, ...]:
        moving = {name for name, needed in zip(names, ctx.needs_input_grad[4:], strict=True) if needed}
        inner = {
            name: value if value is None else value.detach().requires_grad_(name in moving)
            for name, value in zip(names, values, strict=True)
        }
        with torch.enable_grad():
            outputs = call(inner, sample)
        ctx.mutant, ctx.inner, ctx.outputs = mutant, inner, outputs
        detached = tuple(output.detach() for output in outputs)
        pairs = zip(detached, outputs, strict=True)
        ctx.mark_non_differentiable(*(mine for mine, output in pairs if not output.requires_grad))
        return detached

    @staticmethod
    def backward(ctx: Any, *cotangents: torch.Tensor) -> tuple[Any, ...]:
        mutant: Mutant = ctx.mutant
        pairs = [(out, ct) for out, ct in zip(ctx.outputs, cotangents, strict=True) if out.requires_grad]
        outputs, weights = [out for out, _ in pairs], [ct for _, ct in pairs]
        moving = {name: leaf for name, leaf in ctx.inner.items() if leaf is not None and leaf.requires_grad}
        found = dict(zip(moving, _vjp(outputs, list(moving.values()), weights), strict=True))
        changed = [mutant.of_cotangent(ct) for ct in weights]
        try:
            (own,) = _vjp(outputs, [moving[mutant.input]], changed)
        except Exception as error:
            raise Unsupported("the backward runs only once: no mutant is made of it") from error
        found[mutant.input] = mutant.of_gradient(own)
        return (None, None, None, None, *(found.get(name) for name in ctx.inner))


def _vjp(
    outputs: Sequence[torch.Tensor], leaves: list[torch.Tensor], weights: Sequence[torch.Tensor]
) -> tuple[torch.Tensor, ...]:
    return torch.autograd.grad(outputs, leaves, weights, retain_graph=True, allow_unused=True, materialize_grads=True)

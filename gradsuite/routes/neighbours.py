"""An op between neighbours, and with one tensor for two inputs: subjects made of a subject."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch

from gradsuite.routes.point import Tensors
from gradsuite.sample import Sample, Subject


class Neighbour(torch.autograd.Function):
    """The identity, which saves what it reads and what it gives, as others do: the exponential, the square.

    Where either has changed meanwhile, its gradient is NaN.
    """

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        """The values, in memory of their own."""
        y = x.clone()
        ctx.save_for_backward(x, y)
        return y

    @staticmethod
    def backward(ctx: Any, *cotangents: torch.Tensor) -> torch.Tensor:
        """The cotangent."""
        x, y = ctx.saved_tensors
        changed = (x != y) & ((x == x) | (y == y))
        return cotangents[0].masked_fill(changed, torch.nan)


def between_neighbours(subject: Subject) -> Subject:
    """The subject with a neighbour before each input and after each output that carries a gradient."""

    def call(tensors: Tensors, sample: Sample) -> tuple[torch.Tensor, ...]:
        before = {n: _neighbour(t) if t is not None and t.requires_grad else t for n, t in tensors.items()}
        return tuple(_neighbour(y) if y.requires_grad else y for y in subject.call(before, sample))

    return replace(subject, call=call)


def one_for_two(subject: Subject, first: str, second: str, *, apart: bool) -> Subject:
    """The subject with its first input passed for the second, too; a copy of it if apart. Nothing is declared of it."""

    def call(tensors: Tensors, sample: Sample) -> tuple[torch.Tensor, ...]:
        one = tensors[first]
        assert one is not None
        return subject.call({**tensors, second: one.clone() if apart else one}, sample)

    return replace(subject, call=call, definition=None)


def _neighbour(tensor: torch.Tensor) -> torch.Tensor:
    passed: torch.Tensor = Neighbour.apply(tensor)  # type: ignore[no-untyped-call]
    return passed

"""What is under test and where: a subject (the callable) and a sample (one drawn point)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from gradsuite.spec.definition import Definition


@dataclass(frozen=True)
class Sample:
    """One drawn point. Tensors are already quantised to the tested dtype and lie on the tested device.

    ``tensors`` maps input names, in call order, to detached tensors (or None for an absent optional input).
    ``differentiable`` names the inputs that will require grad. ``seed`` determines tangents, cotangents and
    the op's own randomness, so a sample is replayed from its fields alone.
    """

    tensors: Mapping[str, torch.Tensor | None]
    arguments: Mapping[str, Any]
    differentiable: tuple[str, ...]
    seed: int
    variant: str = ""
    profile: str = "normal"  # value profile: normal, ties, integers, edge, huge, tiny, subnormal, special
    layouts: Mapping[str, str] = field(default_factory=dict)
    symbols: Mapping[str, int | tuple[int, ...]] = field(default_factory=dict)  # sizes; a variadic symbol's is a tuple
    expect: Mapping[str, Any] = field(default_factory=dict)  # at an edge: y and gradients by input, nested lists

    @property
    def elements(self) -> int:
        """How many numbers all inputs hold."""
        return sum(t.numel() for t in self.tensors.values() if t is not None)


@dataclass(frozen=True)
class Subject:
    """A callable under test. ``call(tensors, sample)`` gives its outputs at ``tensors`` as a flat tuple.

    The arguments and sizes are the sample's.

    ``definition`` is the spec's variant, or None where only a callable is known. ``random`` says that the op draws
    random numbers, which must then be the same in every run of a sample. ``original`` is the subject itself, where
    ``call`` keeps it from overwriting what it is given (routes.shield). ``admits`` says whether tensors lie where the
    callable is meant to be right, as far as the definition cannot say it.
    """

    name: str
    call: Callable[[Mapping[str, torch.Tensor | None], Sample], tuple[torch.Tensor, ...]]
    definition: Definition | None = None
    random: bool = False
    original: Subject | None = None
    admits: Callable[[Mapping[str, torch.Tensor | None]], bool] = lambda tensors: True

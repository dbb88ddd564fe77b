"""Random ops made repeatable: the first run's draws are recorded, every later run gets the same ones.

Equal seeds are not enough: a float64 run and a bfloat16 run of one op draw different numbers from one seed.
So the values themselves are replayed, cast exactly to the wider dtype. An operation that draws inside and returns
what it made of its inputs (a fused dropout) has no values to replay: it is seeded alike, which holds in one dtype only.
An empty tensor of that dtype stands for it. Python's and NumPy's own generators are seeded alike in every run.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, Self

import numpy as np
import torch
from torch.utils._pytree import tree_leaves

from gradsuite.errors import Unsupported
from gradsuite.numerics.dispatch import DispatchMode

SEED = 20


class Draws(DispatchMode):
    """Records the results of random operations (``Tag.nondeterministic_seeded``), or replays ``recorded``.

    Replaying raises Unsupported where an operation draws inside, in another dtype than when it was recorded.
    """

    def __init__(self, recorded: list[torch.Tensor] | None = None) -> None:
        super().__init__()
        self.recorded: list[torch.Tensor] = [] if recorded is None else recorded
        self._replay = recorded is not None
        self._next = 0

    def __enter__(self) -> Self:
        random.seed(SEED)
        np.random.seed(SEED)
        super().__enter__()  # type: ignore[no-untyped-call]
        return self

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if torch.Tag.nondeterministic_seeded not in func.tags:
            return func(*args, **(kwargs or {}))
        if not _returns_draws(func._schema):
            return self._seeded(func, args, kwargs or {})
        result = func(*args, **(kwargs or {}))
        if not self._replay:
            self.recorded.append(result.detach().clone())
            return result
        drawn = self._drawn()
        return result.copy_(drawn) if func._schema.is_mutable else drawn.to(result, copy=True)

    def _drawn(self) -> torch.Tensor:
        self._next += 1
        return self.recorded[self._next - 1]

    def _seeded(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, torch.Tensor)]
        seed(SEED)
        before = _state(tensors[0].device)
        result = func(*args, **kwargs)
        if torch.equal(before, _state(tensors[0].device)):
            return result  # nothing was drawn after all: a dropout outside training
        if not self._replay:
            self.recorded.append(tensors[0].new_empty(0))
        elif self._drawn().dtype is not tensors[0].dtype:
            raise Unsupported(f"{func._schema.name} draws its random numbers inside: they differ between dtypes")
        return result


def seed(number: int) -> torch.Generator:
    """torch.manual_seed; without an accelerator, without the stack traces that it takes for the calls to come there."""
    return (torch.manual_seed if torch.accelerator.is_available() else torch.default_generator.manual_seed)(number)


def is_random(call: Callable[[], object]) -> bool:
    """Whether ``call`` draws from a generator of torch's, or from Python's or NumPy's own."""
    with Draws() as recording:
        before = _outside()
        call()
        return bool(recording.recorded) or _outside() != before


def _outside() -> tuple[Any, ...]:
    """The states of the generators that are not torch's."""
    numbers: Any = np.random.get_state(legacy=False)
    return random.getstate(), numbers["state"]["pos"], numbers["state"]["key"].tobytes(), numbers["has_gauss"]


def _returns_draws(schema: Any) -> bool:
    """Whether an operation returns one tensor, which holds what it drew: new, or the one that it fills."""
    if len(schema.returns) != 1:
        return False
    return not schema.is_mutable or schema.returns[0].alias_info is not None


def _state(device: torch.device) -> torch.Tensor:
    if device.type == "cpu":
        return torch.get_rng_state()
    state: torch.Tensor = torch.get_device_module(device).get_rng_state(device)
    return state

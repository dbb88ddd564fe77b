"""Random ops made repeatable: the first run's draws are recorded, every later run gets the same ones.

Equal seeds are not enough: a float64 run and a bfloat16 run of one op draw different numbers from one seed.
So the values themselves are replayed, cast exactly to the wider dtype.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode


class Draws(TorchDispatchMode):
    """Records the results of random operations (``Tag.nondeterministic_seeded``), or replays ``recorded``."""

    def __init__(self, recorded: list[torch.Tensor] | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.recorded: list[torch.Tensor] = [] if recorded is None else recorded
        self._replay = recorded is not None
        self._next = 0

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """False spares importing the compiler, which takes seconds."""
        return False

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        if torch.Tag.nondeterministic_seeded not in func.tags or not isinstance(result, torch.Tensor):
            return result
        if not self._replay:
            self.recorded.append(result.detach().clone())
            return result
        drawn = self.recorded[self._next]
        self._next += 1
        return result.copy_(drawn) if func._schema.is_mutable else drawn.to(result, copy=True)

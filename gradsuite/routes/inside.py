"""In which dtype an op computes inside: one that casts its inputs to float32 is no better than that in float64."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from gradsuite.numerics.precision import Format

Tensors = Mapping[str, torch.Tensor | None]


class Widths(TorchDispatchMode):
    """Notes the narrowest floating-point dtype that any operation gives."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.narrowest = torch.float64

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """False spares importing the compiler, which takes seconds."""
        return False

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        found = [leaf.dtype for leaf in tree_leaves(result) if isinstance(leaf, torch.Tensor)]
        rounding = [dtype for dtype in found if dtype.is_floating_point or dtype.is_complex]
        self.narrowest = max([self.narrowest, *rounding], key=lambda dtype: Format.of(dtype).unit)
        return result

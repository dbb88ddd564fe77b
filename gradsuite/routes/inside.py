"""In which dtype an op computes inside: one that casts its inputs to float32 is no better than that in float64."""

from __future__ import annotations

from typing import Any

import torch
from torch.utils._pytree import tree_leaves

from gradsuite.numerics.dispatch import DispatchMode
from gradsuite.numerics.noise import WIDE
from gradsuite.numerics.precision import Format


class Widths(DispatchMode):
    """Notes the narrowest floating-point dtype to which any operation rounds what is float64.

    A mask or a constant that was narrow from the beginning rounds nothing.
    """

    def __init__(self) -> None:
        super().__init__()
        self.narrowest = torch.float64

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        given, found = (_dtypes(tree) for tree in ((args, kwargs), result))
        if found - WIDE and given & WIDE:
            self.narrowest = max(self.narrowest, *found, key=lambda dtype: Format.of(dtype).unit)
        return result


def _dtypes(tree: Any) -> set[torch.dtype]:
    """The floating-point dtypes of the tensors in ``tree``."""
    found = {leaf.dtype for leaf in tree_leaves(tree) if isinstance(leaf, torch.Tensor)}
    return {dtype for dtype in found if dtype.is_floating_point or dtype.is_complex}

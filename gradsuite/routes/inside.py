"""In which dtype an op computes inside: one that casts its inputs to float32 is no better than that in float64."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import torch
from torch.utils._pytree import tree_leaves
from torch.utils.weak import WeakTensorKeyDictionary

from gradsuite.numerics.dispatch import DispatchMode
from gradsuite.numerics.noise import WIDE
from gradsuite.numerics.precision import Format


class Widths(DispatchMode):
    """Notes the narrowest floating-point dtype to which any operation rounds what is float64 and made of ``inputs``.

    A mask or a constant that was narrow from the beginning rounds nothing; nor does one that is rounded, such as the
    weights of a filter: it is another constant then.
    """

    def __init__(self, inputs: Iterable[torch.Tensor | None]) -> None:
        super().__init__()
        self.narrowest = torch.float64
        self._made_of_inputs = WeakTensorKeyDictionary()
        self._mark(x for x in inputs if x is not None)

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        given = [leaf for leaf in _inexact((args, kwargs)) if leaf in self._made_of_inputs]
        if given:
            found = list(_inexact(result))
            self._mark(found)
            narrow = {leaf.dtype for leaf in found} - WIDE
            if narrow and not WIDE.isdisjoint(leaf.dtype for leaf in given):
                self.narrowest = max(self.narrowest, *narrow, key=lambda dtype: Format.of(dtype).unit)
        return result

    def _mark(self, tensors: Iterable[torch.Tensor]) -> None:
        for tensor in tensors:
            self._made_of_inputs[tensor] = True


def _inexact(tree: Any) -> Iterator[torch.Tensor]:
    """The floating-point tensors in ``tree``."""
    for leaf in tree_leaves(tree):
        if isinstance(leaf, torch.Tensor) and (leaf.is_floating_point() or leaf.is_complex()):
            yield leaf

"""In which dtype an op computes inside: one that casts its inputs to float32 is no better than that in float64.

Either the cast is seen, or the op hides what it does (a kernel behind numpy, numba, C++ or Triton) and its values tell:
a number of float64 is one of float32 by chance once in 2**29 times, so outputs that move and are numbers of float32 at
a crooked point were rounded to it. Those that half precision holds as well may be whole numbers, and tell nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import torch
from torch.utils._pytree import tree_leaves
from torch.utils.weak import WeakTensorKeyDictionary

from gradsuite.numerics.dispatch import DispatchMode, is_in_backward
from gradsuite.numerics.noise import WIDE
from gradsuite.numerics.precision import Format, largest


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


class NotNumbers(DispatchMode):
    """Notes whether any operation gives what is not a number."""

    def __init__(self) -> None:
        super().__init__()
        self.met: bool = False

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        self.met = self.met or any(bool(leaf.isnan().any()) for leaf in _inexact(result))
        return result


class Backwards(DispatchMode):
    """Notes the largest finite magnitude that a hand-written backward computes."""

    def __init__(self) -> None:
        super().__init__()
        self.most: float = 0.0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        if is_in_backward():
            self.most = max(self.most, largest(_inexact(result)))
        return result


def shows_float32(outputs: Sequence[torch.Tensor], moved: Sequence[torch.Tensor]) -> bool:
    """Whether what differs between ``outputs`` and ``moved``, those at a crooked point, was rounded to float32."""
    if any(y.dtype != torch.float64 or y.shape != z.shape for y, z in zip(outputs, moved, strict=True)):
        return False
    found = torch.cat([z[z != y] for y, z in zip(outputs, moved, strict=True)]) if outputs else torch.zeros(0)
    return _holds(torch.float32, found) and not any(_holds(half, found) for half in (torch.bfloat16, torch.float16))


def _holds(dtype: torch.dtype, values: torch.Tensor) -> bool:
    return bool(values.numel()) and torch.equal(values.to(dtype).to(values.dtype), values)


def _inexact(tree: Any) -> Iterator[torch.Tensor]:
    """The floating-point tensors in ``tree``."""
    for leaf in tree_leaves(tree):
        if isinstance(leaf, torch.Tensor) and (leaf.is_floating_point() or leaf.is_complex()):
            yield leaf

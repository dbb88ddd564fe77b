"""What a fused kernel loses inside, where no operation can be perturbed: its float32 twin shows it.

The kernel runs once more at its arguments rounded to float32, in float32 and in float64; the two differ by its own
rounding alone. ``exp(y) - onehot`` in the backward of a logarithmic softmax cancels like that, and leaves a unit of its
largest argument. So much is nobody's mistake, and more is the kernel's. A single addition or exponential is rounded
once, and is not asked.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.utils._pytree import tree_leaves, tree_map_only

from gradsuite.numerics.precision import Format, largest, widen

SINGLE = Format.of(torch.float32).unit
_NARROW = {torch.float64: torch.float32, torch.complex128: torch.complex64}


def lost_inside(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[torch.Tensor | None, ...]:
    """For each result of the ATen operation ``func`` its rounding error in units of float32's u, elementwise.

    It is no more than the largest number among the arguments. None for a result that is of another kind. Empty where
    nothing is asked: the operation rounds once, draws, or has no float32 twin.
    """
    once = torch.Tag.core in func.tags and torch.Tag.pointwise in func.tags
    if once or torch.Tag.nondeterministic_seeded in func.tags:
        return ()
    given = tree_map_only(torch.Tensor, lambda x: x.to(_NARROW.get(x.dtype, x.dtype)), (args, kwargs))
    try:
        single, double = _run(func, given), _run(func, tree_map_only(torch.Tensor, widen, given))
    except Exception:  # a kernel that is written for float64 alone
        return ()
    most = largest(filter(_is_single, tree_leaves(given)))
    return tuple(_apart(one, other, most) for one, other in zip(single, double, strict=True))


def _run(func: Any, given: Any) -> tuple[Any, ...]:
    result = func(*given[0], **given[1])
    return result if isinstance(result, tuple) else (result,)


def _is_single(x: Any) -> bool:
    return isinstance(x, torch.Tensor) and x.dtype in _NARROW.values()


def _apart(single: Any, double: Any, most: float) -> torch.Tensor | None:
    if not _is_single(single) or _NARROW.get(double.dtype) != single.dtype:
        return None
    apart: torch.Tensor = (single.to(double.dtype) - double).abs() / SINGLE
    return apart.nan_to_num(0.0, 0.0).clamp(max=most)

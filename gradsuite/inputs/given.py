"""What ``gradsuite.check`` is given to look at: example tensors, or descriptions of inputs to be drawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from gradsuite.errors import UsageError
from gradsuite.numerics.precision import wide

DTYPES = (torch.float64, torch.float32, torch.bfloat16, torch.float16)


@dataclass(frozen=True)
class Input:
    """An input to be drawn: ``shape`` as in a spec (``"*B C"``), ``domain`` as in a spec (``"positive"``)."""

    shape: str
    domain: str = "real"
    requires_grad: bool = True


def inputs_of(given: Any) -> tuple[torch.Tensor | Input, ...]:
    """What is given as inputs, in a tuple; one tensor alone needs none.

    Raises UsageError where not all are tensors or descriptions, or none has a gradient.
    """
    alone = isinstance(given, torch.Tensor | Input) or not isinstance(given, Iterable)
    inputs = (given,) if alone else tuple(given)
    if not inputs or not all(isinstance(each, torch.Tensor | Input) for each in inputs):
        kinds = [type(each).__name__ for each in inputs]
        raise UsageError(f"inputs must be a tuple of tensors or gradsuite.Input, at least one; got {kinds}")
    if not any(isinstance(each, Input) or each.is_floating_point() or each.is_complex() for each in inputs):
        kinds = [str(each.dtype) for each in inputs]
        raise UsageError(f"an input must be of a floating or complex dtype, or nothing is differentiated; got {kinds}")
    return inputs


def dtypes_of(inputs: Sequence[torch.Tensor | Input]) -> tuple[torch.dtype, ...]:
    """The examples' dtype and the widest of its field; all real ones where everything is drawn."""
    own = [t.dtype for t in inputs if isinstance(t, torch.Tensor) and (t.is_floating_point() or t.is_complex())]
    return tuple(dict.fromkeys((wide(own[0]), own[0]))) if own else DTYPES


def devices_of(inputs: Sequence[torch.Tensor | Input]) -> tuple[str, ...]:
    """Where the examples lie."""
    return tuple(dict.fromkeys(t.device.type for t in inputs if isinstance(t, torch.Tensor))) or ("cpu",)

"""The registered custom operators that a call dispatches to, with what they were given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils._pytree import tree_map_only

from gradsuite.numerics.dispatch import DispatchMode
from gradsuite.routes.memory import copied
from gradsuite.routes.point import Point

# Namespaces of operators that torch itself registers.
OWN = frozenset(
    [
        "aten",
        "c10d",
        "_c10d_functional",
        "higher_order",
        "inductor",
        "mkl",
        "mkldnn",
        "onednn",
        "prim",
        "prims",
        "profiler",
        "quantized",
        "rngprims",
    ]
)


@dataclass(frozen=True)
class Operator:
    """A registered operator (torch.library.custom_op, TORCH_LIBRARY) and the arguments of one call."""

    overload: Any
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]

    @property
    def name(self) -> str:
        """As it is registered: ``namespace::name``."""
        return str(self.overload._schema.name)


class _Calls(DispatchMode):
    """Notes the first call of each operator that is not torch's own, with copies of its arguments."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, Operator] = {}

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if func.namespace not in OWN and str(func) not in self.found:
            own = tree_map_only(torch.Tensor, _own, (args, kwargs or {}))
            self.found[str(func)] = Operator(func, *own)
        return func(*args, **(kwargs or {}))


def _own(tensor: torch.Tensor) -> torch.Tensor:
    return copied(tensor.detach()).requires_grad_(tensor.requires_grad)


def operators(point: Point) -> list[Operator]:
    """Those behind one forward of the op, each once; empty where it is made of torch's own alone."""
    with torch.enable_grad(), _Calls() as calls:
        point.call(point.leaves())
    return list(calls.found.values())

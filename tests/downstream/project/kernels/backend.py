"""A device that is none: tensors that say they lie on ``stand_in``, and are computed on the CPU.

torch's PrivateUse1 backend under another name (torch.utils.backend_registration). A tensor there wraps one on the CPU;
every operation is unwrapped, run, and wrapped again, so that an op cannot tell it from a device of its own.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
from torch.utils._pytree import tree_map_only
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

NAME = "stand_in"


class Elsewhere(torch.Tensor):
    """A tensor on the stand-in device."""

    held: torch.Tensor

    @staticmethod
    def __new__(cls, held: torch.Tensor) -> Elsewhere:
        made: Elsewhere = torch.Tensor._make_wrapper_subclass(
            cls, held.size(), strides=held.stride(), storage_offset=held.storage_offset(), dtype=held.dtype,
            device=torch.device(NAME),
        )  # fmt: skip
        made.held = held
        _same_bits(held, made)
        return made

    def there(self) -> torch.Tensor:
        """What it holds, as lazily conjugated and negated as torch takes this tensor to be."""
        _same_bits(self, self.held)
        return self.held

    def numpy(self, *, force: bool = False) -> Any:
        """As for a tensor of another device; torch refuses it for a subclass."""
        return self.there().numpy(force=force)

    def tolist(self) -> Any:
        """As for a tensor of another device; torch refuses it for a subclass."""
        return self.there().tolist()

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        leaves = kwargs.get("device")
        if leaves is not None:
            kwargs["device"] = torch.device("cpu")
        own = [tree_map_only(Elsewhere, Elsewhere.there, given) for given in (args, kwargs)]
        found = func(*own[0], **own[1])
        if func._schema.is_mutable and isinstance(args[0], torch.Tensor):
            return args[0]
        if leaves is not None and torch.device(leaves).type != NAME:
            return found
        return tree_map_only(torch.Tensor, cls, found)


def _same_bits(given: torch.Tensor, taking: torch.Tensor) -> None:
    """torch resolves lazy views above a backend by these bits, and below it nobody looks at them."""
    torch._C._set_conj(taking, given.is_conj())
    torch._C._set_neg(taking, given.is_neg())


@cache
def register() -> str:
    """Makes the device known to torch, once for a process; its name."""
    _setup_privateuseone_for_python_backend(NAME)
    library = torch.library.Library("aten", "IMPL")
    for overload in ("empty.memory_format", "empty_strided"):
        op = getattr(torch.ops.aten, overload.partition(".")[0])
        func = getattr(op, overload.partition(".")[2] or "default")
        library.impl(overload, _made(func), "PrivateUse1")
    library.impl("_copy_from", _copy_from, "PrivateUse1")
    register.library = library  # type: ignore[attr-defined]
    return NAME


def _made(func: Any) -> Any:
    def make(*args: Any, **kwargs: Any) -> torch.Tensor:
        kwargs.update(device=torch.device("cpu"), pin_memory=False)
        return Elsewhere(func(*args, **kwargs))

    return make


def _copy_from(source: torch.Tensor, target: torch.Tensor, non_blocking: bool = False) -> torch.Tensor:
    """Between the devices, either way: what torch asks of a backend below its Python key."""
    held = [t.there() if isinstance(t, Elsewhere) else t for t in (target, source)]
    held[0].copy_(held[1])
    return target

"""A ``torch.nn.Module`` as a record, and the same one again elsewhere: found by name or built anew, with its numbers.

Nothing is unpickled: the record holds its parameters and buffers as every other tensor, and names its class.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn

from gradsuite.arrays import array, tensor
from gradsuite.errors import UsageError
from gradsuite.flight import MOST
from gradsuite.results import Module
from gradsuite.whereabouts import dotted


def record(fn: Callable[..., Any], *, named: bool) -> Module | None:
    """What ``fn`` holds at this moment, if it is a module; ``named``: whether it can be imported itself.

    Else it says which class builds such a module with no arguments, if one does.
    """
    if not isinstance(fn, nn.Module):
        return None
    held = numbers(fn)
    count = sum(math.prod(x.shape) for x in held.values())
    left_out = f"{count:,} parameters and buffers are too many to be recorded" if count > MOST else ""
    return Module(
        built="" if named or left_out else _class(fn),
        numbers=() if left_out else tuple(array(name, x) for name, x in held.items()),
        left_out=left_out,
        training=tuple(name for name, each in fn.named_modules() if each.training),
    )


def numbers(module: nn.Module) -> dict[str, Tensor]:
    """Its parameters and buffers by name, each once."""
    return {name: x.detach() for name, x in (*module.named_parameters(), *module.named_buffers())}


def again(kept: Module, found: Callable[..., Any], where: str, device: torch.device | None = None) -> nn.Module:
    """A copy of ``found``, or of what that builds if it is a class, with the recorded numbers on ``device``.

    Raises UsageError where these do not fit.
    """
    if not isinstance(found, nn.Module) and not (isinstance(found, type) and issubclass(found, nn.Module)):
        raise UsageError(f"{where} is no torch.nn.Module, but one is recorded")
    module = _built(found, where) if isinstance(found, type) else deepcopy(found)
    if kept.left_out:
        return module
    held, recorded = numbers(module), {each.name: each for each in kept.numbers}
    if {name: tuple(x.shape) for name, x in held.items()} != {name: each.shape for name, each in recorded.items()}:
        names = ", ".join(f"{name} {list(each.shape)}" for name, each in recorded.items()) or "none"
        raise UsageError(f"{where} has other parameters and buffers than those recorded ({names})")
    for name, x in (*module.named_parameters(), *module.named_buffers()):
        x.data = tensor(recorded[name], device)
    for name, each in module.named_modules():
        each.training = name in kept.training
    return module


def _built(found: type[nn.Module], where: str) -> nn.Module:
    try:
        return found()
    except Exception as error:  # a class may raise anything
        raise UsageError(f"{where} cannot be built with no arguments: {type(error).__name__}: {error}") from error


def _class(module: nn.Module) -> str:
    """Where the class of ``module`` is, if it builds one of the same sizes with no arguments; else empty."""
    kind = type(module)
    if path := dotted(kind):
        with suppress(Exception), torch.random.fork_rng(devices=[]), torch.device("meta"):
            other = {name: x.shape for name, x in numbers(kind()).items()}
            return path if other == {name: x.shape for name, x in numbers(module).items()} else ""
    return ""

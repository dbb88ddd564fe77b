"""How an op may be called, as far as it says: its parameters and what each holds, one signature an overload."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch

MOST = 4  # parameters, where nothing is said of them
Kind = Literal["tensor", "tensors", "int", "number", "bool", "ints", "unsaid", "other"]


@dataclass(frozen=True)
class Parameter:
    """``kind``: what it holds; ``unsaid`` where the op does not tell, ``other`` where it is nothing that can be drawn.

    ``keyword``: it cannot be given by its place.
    """

    name: str
    kind: Kind
    required: bool
    default: Any = None
    keyword: bool = False


Signature = tuple[Parameter, ...]


def signatures(op: Callable[..., Any]) -> list[Signature]:
    """The signatures of ``op``, those with the most tensors first; by count alone where it tells nothing."""
    found = list(_of_schemas(op)) or _of_python(op) or _of_overrides(op)
    kept = [each for each in found if not any(p.required and p.kind == "other" for p in each)]
    if not found:
        kept = [tuple(Parameter(f"x{i}", "unsaid", required=True) for i in range(n)) for n in range(1, MOST + 1)]
    return sorted(kept, key=lambda each: -sum(p.required and p.kind.startswith("tensor") for p in each))


# torch's schemas: of registered custom ops, and of what torch writes in C++.

_SCHEMA_KINDS: dict[str, Kind] = {
    "Tensor": "tensor", "List[Tensor]": "tensors", "int": "int", "number": "number", "float": "number", "bool": "bool",
    "List[int]": "ints",
}  # fmt: skip


def _of_schemas(op: Callable[..., Any]) -> Iterator[Signature]:
    for schema in _schemas(op):
        if not any(each.alias_info is not None and each.alias_info.is_write for each in schema.arguments):
            yield tuple(map(_of_argument, schema.arguments))


def _schemas(op: Any) -> list[Any]:
    op = getattr(op, "_opoverload", op)  # of torch.library.custom_op
    if isinstance(op, torch._ops.OpOverload):
        return [op._schema]
    is_torchs = (getattr(op, "__module__", None) or "").partition(".")[0] == "torch"
    if is_torchs and not _tells(op):
        op = getattr(torch.ops.aten, op.__name__, None)
    if not isinstance(op, torch._ops.OpOverloadPacket):
        return []
    return [getattr(op, name)._schema for name in op.overloads()]


def _tells(op: Callable[..., Any]) -> bool:
    """Whether Python has a signature of its own for ``op``, which names its parameters."""
    try:
        return any(p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in inspect.signature(op).parameters.values())
    except (TypeError, ValueError):
        return False


def _of_argument(argument: Any) -> Parameter:
    word = str(argument.type).removeprefix("Optional[").removesuffix("]" * str(argument.type).startswith("Optional["))
    kind = _SCHEMA_KINDS.get(word, "other")
    if kind == "ints" and argument.N:
        kind = "int"  # one number stands for all
    default = argument.default_value if argument.has_default_value() else None
    return Parameter(argument.name, kind, not argument.has_default_value(), default, argument.kwarg_only)


# Python's own signatures.


def _of_python(op: Callable[..., Any]) -> list[Signature]:
    own = _written(op)
    if not _tells(own):
        return []
    try:
        hints = typing.get_type_hints(own)
    except Exception:  # an annotation may name anything
        hints = {}
    parameters = list(inspect.signature(own).parameters.values())[_skipped(op) :]
    return [tuple(_of_parameter(p, hints) for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD))]


def _written(op: Callable[..., Any]) -> Callable[..., Any]:
    """What its author wrote: of the apply of a Function, its forward."""
    function = _function(op)
    return op if function is None else function.forward


def _skipped(op: Callable[..., Any]) -> int:
    """Parameters that are not given: the context of a Function, where its forward has one."""
    function = _function(op)
    return int(function is not None and function.setup_context is torch.autograd.Function.setup_context)


def _function(op: Callable[..., Any]) -> type[torch.autograd.Function] | None:
    """The Function of which ``op`` is the apply."""
    owner = getattr(op, "__self__", None)
    return owner if isinstance(owner, type) and issubclass(owner, torch.autograd.Function) else None


def _of_parameter(p: inspect.Parameter, hints: dict[str, Any]) -> Parameter:
    required = p.default is p.empty
    kind = _kind(hints.get(p.name, p.empty))
    if kind == "unsaid" and not required:
        kind = _kind(type(p.default))
    return Parameter(p.name, kind, required, None if required else p.default, p.kind is p.KEYWORD_ONLY)


def _kind(annotation: Any) -> Kind:
    """What an annotation means; of a union, its first part that has a meaning here."""
    origin, parts = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        kinds = [_kind(part) for part in parts if part is not type(None)]
        return next((each for each in kinds if each not in ("unsaid", "other")), "other")
    if isinstance(origin, type) and issubclass(origin, Iterable):
        inner = _kind(parts[0]) if parts else "unsaid"
        lists: dict[Kind, Kind] = {"tensor": "tensors", "int": "ints"}
        return lists.get(inner, "other")
    plain: Sequence[tuple[type, Kind]] = (
        (torch.Tensor, "tensor"), (bool, "bool"), (int, "int"), (float, "number"),
    )  # fmt: skip
    if annotation in (inspect.Parameter.empty, Any, object, type(None)):
        return "unsaid"
    return next((kind for known, kind in plain if annotation is known), "other")


def _of_overrides(op: Callable[..., Any]) -> list[Signature]:
    """What torch writes in C++ stands in a table that torch keeps for its own tests."""
    known = torch.overrides.get_testing_overrides()
    return _of_python(known[op]) if op in known else []

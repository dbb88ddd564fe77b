"""From a dotted path to something that can be called at a sample."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import cache
from importlib import import_module
from typing import Any

import torch
from torch.func import functional_call
from torch.utils._pytree import tree_leaves

from gradsuite.errors import UsageError
from gradsuite.numerics.precision import wide
from gradsuite.sample import Sample, Subject
from gradsuite.spec.definition import Definition, Module, Spec
from gradsuite.spec.formula import Formula, evaluate
from gradsuite.spec.formula.torch_reading import TorchReading

Tensors = Mapping[str, torch.Tensor | None]
Call = Callable[[Tensors, Sample], tuple[torch.Tensor, ...]]
TORCH = TorchReading()


@cache
def resolve(path: str) -> Callable[..., Any]:
    """The object at ``package.module.name`` or ``package.module:name``. Raises UsageError where there is none."""
    module, _, rest = path.partition(":")
    parts = module.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found: Any = import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        try:
            for part in [*parts[cut:], *filter(None, rest.split("."))]:
                found = getattr(found, part)
        except AttributeError:
            break
        return found  # type: ignore[no-any-return]
    raise UsageError(f"no op is found at {path!r}; give its dotted path, such as torch.nn.functional.softmax")


def subjects(spec: Spec) -> list[Subject]:
    """One subject for each definition of ``spec``. Raises UsageError where its op does not exist."""
    op = resolve(spec.op)
    return [
        Subject(spec.name, caller(op, definition), definition, bool(definition.draws))
        for definition in spec.definitions
    ]


def from_callable(
    function: Callable[..., Any], name: str, *, random: bool = False, definition: Definition | None = None
) -> Subject:
    """A subject from a plain callable that takes the sample's tensors in order."""

    def call(tensors: Tensors, sample: Sample) -> tuple[torch.Tensor, ...]:
        return outputs(function(*tensors.values(), **sample.arguments))

    return Subject(name, call, definition, random)


def in_wider_dtypes(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function``; a module with numbers of its own in one narrow dtype also takes inputs of the widest one.

    Then a copy of it is asked, which holds the very same numbers there.
    """
    if not isinstance(function, torch.nn.Module):
        return function
    own = {t.dtype for t in (*function.parameters(), *function.buffers()) if t.is_floating_point() or t.is_complex()}
    if len(own) != 1 or any(dtype.is_complex for dtype in own):
        return function
    (dtype,) = own
    copies: list[torch.nn.Module] = []

    def call(*inputs: Any, **arguments: Any) -> Any:
        asked = {x.dtype for x in inputs if isinstance(x, torch.Tensor) and x.is_floating_point()}
        if asked != {wide(dtype)} or asked == own:
            return function(*inputs, **arguments)
        if not copies:
            copies.append(deepcopy(function).to(wide(dtype)))
        return copies[0](*inputs, **arguments)

    return call


def outputs(result: Any) -> tuple[torch.Tensor, ...]:
    """The tensors in what an op returned, flat and in order. Raises TypeError where there is none."""
    if isinstance(result, torch.Tensor):
        return (result,)
    found = tuple(leaf for leaf in tree_leaves(result) if isinstance(leaf, torch.Tensor))
    if not found:
        raise TypeError(f"the op returned no tensor, but {type(result).__name__}")
    return found


def caller(op: Callable[..., Any], definition: Definition | None) -> Call:
    """What calls ``op`` at tensors as the definition says; without one, with the tensors in order."""
    if definition is not None and definition.module is not None:
        return _module_caller(op, definition.module)

    def call(tensors: Tensors, sample: Sample) -> tuple[torch.Tensor, ...]:
        if definition is None or definition.call is None:
            return outputs(op(*tensors.values(), **sample.arguments))
        names = {**sample.arguments, **tensors}
        used = set(_words(definition.call))
        rest = {name: value for name, value in names.items() if name not in used}
        return outputs(op(*(_pack(word, names) for word in definition.call), **rest))

    return call


def _module_caller(op: Callable[..., Any], module: Module) -> Call:
    def call(tensors: Tensors, sample: Sample) -> tuple[torch.Tensor, ...]:
        names = {**sample.symbols, **sample.arguments}
        built = op(**{
            key: evaluate(value, names, TORCH) if isinstance(value, Formula) else value
            for key, value in module.construct.items()
        })  # fmt: skip
        parameters = {name: tensors[name] for name in module.parameters if tensors[name] is not None}
        rest = tuple(t for name, t in tensors.items() if name not in module.parameters)
        return outputs(functional_call(built, parameters, rest))  # type: ignore[arg-type]

    return call


def _pack(word: Any, names: Mapping[str, Any]) -> Any:
    return names[word] if isinstance(word, str) else [_pack(inner, names) for inner in word]


def _words(call: Any) -> list[str]:
    return [call] if isinstance(call, str) else [name for inner in call for name in _words(inner)]

"""The table of functions: each has its name, its parameters, and its meaning in every reading, side by side.

A function is registered once, by the family module that holds it (``functions/``); nothing else lists it.
"""

from __future__ import annotations

import ast
import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from gradsuite.spec.formula.notation import Notation, called

Meaning = Callable[..., Any]  # takes the reading, then one value for each parameter


@dataclass(frozen=True)
class Function:
    """A function of the language. ``rounds`` is False where it only selects, moves, counts or compares."""

    name: str
    summary: str
    signature: inspect.Signature
    torch: Meaning
    balls: Meaning
    notation: Notation
    rounds: bool


_TABLE: dict[str, Function] = {}


def register(
    name: str,
    parameters: str,
    summary: str,
    *,
    torch: Meaning,
    balls: Meaning,
    notation: Notation | None = None,
    rounds: bool = False,
) -> None:
    """Enter a function: ``parameters`` as in a ``def``, ``x, dim=None, *, keepdims=True``; ``summary`` for people."""
    _TABLE[name] = Function(name, summary, signature(parameters), torch, balls, notation or called(name), rounds)


def signature(parameters: str) -> inspect.Signature:
    """The signature that a ``def`` with these parameters would have; defaults are literals."""
    arguments = ast.parse(f"lambda {parameters}: 0", mode="eval").body.args  # type: ignore[attr-defined]
    shared = [inspect.Parameter.empty] * (len(arguments.args) - len(arguments.defaults))
    defaults = shared + [ast.literal_eval(value) for value in arguments.defaults]
    either, only = inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY
    found = [inspect.Parameter(a.arg, either, default=d) for a, d in zip(arguments.args, defaults, strict=True)]
    for argument, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        default = inspect.Parameter.empty if value is None else ast.literal_eval(value)
        found.append(inspect.Parameter(argument.arg, only, default=default))
    return inspect.Signature(found)


@cache
def _families() -> None:
    package = import_module("gradsuite.spec.formula.functions")
    for module in sorted(found.name for found in pkgutil.iter_modules(package.__path__)):
        import_module(f"{package.__name__}.{module}")


class Functions(Mapping[str, Function]):
    """Every registered function by name; the family modules are imported on first use."""

    def __getitem__(self, name: str) -> Function:
        _families()
        return _TABLE[name]

    def __iter__(self) -> Iterator[str]:
        _families()
        return iter(_TABLE)

    def __len__(self) -> int:
        _families()
        return len(_TABLE)


FUNCTIONS: Mapping[str, Function] = Functions()

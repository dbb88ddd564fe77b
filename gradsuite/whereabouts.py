"""Where a callable can be imported from: by the name that it was given, or by one that holds it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from torch.nn import Module

from gradsuite.errors import UsageError
from gradsuite.subject import resolve


def dotted(fn: Callable[..., Any]) -> str:
    """``package.module:name``, or empty where another program could not import ``fn``.

    A lambda, a partial and a module's instance have no name of their own, but a variable at the top level of a module
    may hold them, or hold what they are a method of.
    """
    return _own(fn) or _held(fn) or _of_owner(fn)


def _own(fn: Callable[..., Any]) -> str:
    owner = getattr(fn, "__self__", None)
    place = owner if isinstance(owner, type) else fn  # Function.apply belongs to torch, the class to its author
    module, qualified = getattr(place, "__module__", None), getattr(place, "__qualname__", "")
    qualified += f".{fn.__name__}" if place is owner else ""
    if not module or module == "__main__":
        return ""
    path = f"{module}:{qualified}"
    return path if _leads(path, fn) else ""


def _held(thing: object) -> str:
    """A variable that holds it: rather in the module that it comes from, and rather not in a test's."""
    home = getattr(thing, "__module__", "")
    found = sorted(_variables(thing), key=lambda place: (place[0] != home, _is_of_tests(place[0])))
    return next((path for module, name in found if _leads(path := f"{module}:{name}", thing)), "")


def _variables(thing: object) -> Iterator[tuple[str, str]]:
    for name, module in list(sys.modules.items()):
        if isinstance(module, ModuleType) and name not in ("__main__", "__mp_main__"):
            yield from ((name, word) for word, value in list(vars(module).items()) if value is thing)


def _is_of_tests(module: str) -> bool:
    return module.rpartition(".")[2].startswith(("test_", "conftest"))


def _of_owner(fn: Callable[..., Any]) -> str:
    """A method of what a variable holds; not of a ``torch.nn.Module``, whose numbers would be lost."""
    owner, name = getattr(fn, "__self__", None), getattr(fn, "__name__", "")
    if owner is None or isinstance(owner, type | ModuleType | Module) or not (path := _held(owner)):
        return ""
    return f"{path}.{name}" if _leads(f"{path}.{name}", fn) else ""


def _leads(path: str, thing: object) -> bool:
    try:
        return resolve(path) == thing
    except UsageError:
        return False

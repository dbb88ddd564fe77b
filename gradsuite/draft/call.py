"""One way to call an op: what each of its parameters is given, and how a spec says so."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from keyword import iskeyword
from typing import Any

import torch

from gradsuite.draft.signature import Parameter
from gradsuite.spec.names import RESERVED
from gradsuite.subject import outputs

PLAIN = ("x", "a", "b", "c", "e", "f", "g", "h")  # names where the op's own do not do
RENAMED = {"input": "x", "self": "x", "lambda": "lam"}
Drawn = torch.Tensor | tuple[torch.Tensor, ...]


@dataclass(frozen=True)
class Given:
    """What one parameter is given: a tensor, some of them, or a plain value."""

    parameter: Parameter
    value: Any

    @property
    def tensors(self) -> tuple[torch.Tensor, ...]:
        """The tensors in it; none in a plain value."""
        if isinstance(self.value, torch.Tensor):
            return (self.value,)
        return self.value if isinstance(self.value, tuple) else ()

    @property
    def is_plain(self) -> bool:
        """Whether it is an argument of the spec, not an input."""
        return not isinstance(self.value, torch.Tensor | tuple)


@dataclass(frozen=True)
class Call:
    """``op`` called with ``given``, in its order. ``still`` are the inputs that are not differentiated."""

    op: Callable[..., Any]
    given: tuple[Given, ...]
    still: frozenset[str] = frozenset()

    @cached_property
    def inputs(self) -> Mapping[str, torch.Tensor]:
        """The tensors, by the names that a spec may use."""
        return dict(zip(self._names, (x for each in self.given for x in each.tensors), strict=True))

    @cached_property
    def arguments(self) -> dict[str, Any]:
        """The other values, by name."""
        return {each.parameter.name: each.value for each in self.given if each.is_plain}

    @property
    def leaves(self) -> list[torch.Tensor]:
        """Copies of the tensors, of which those that are differentiated require grad."""
        return [
            x.clone().requires_grad_(x.is_floating_point() and name not in self.still)
            for name, x in self.inputs.items()
        ]

    def __call__(self, *tensors: torch.Tensor) -> Any:
        """Calls the op with ``tensors`` in place of those that are given."""
        rest = iter(tensors)
        values = [each.value if each.is_plain else _packed(each.value, rest) for each in self.given]
        pairs = list(zip(self.given, values, strict=True))
        keywords = {each.parameter.name: value for each, value in pairs if each.parameter.keyword}
        return self.op(*(value for each, value in pairs if not each.parameter.keyword), **keywords)

    @property
    def __signature__(self) -> inspect.Signature:
        """What it takes: the tensors, by name."""
        return inspect.Signature([inspect.Parameter(n, inspect.Parameter.POSITIONAL_ONLY) for n in self.inputs])

    def outputs(self, *tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """The tensors in what the op returns, flat. Raises what the op raises, TypeError where there are none."""
        return outputs(self(*tensors))

    def with_tensors(self, tensors: Mapping[str, torch.Tensor]) -> Call:
        """The same call of other tensors, by name."""
        rest = iter(tensors.values())
        given = (each if each.is_plain else replace(each, value=_again(each.value, rest)) for each in self.given)
        return Call(self.op, tuple(given), self.still)

    # As a spec has it.

    @property
    def words(self) -> list[Any] | None:
        """What ``call`` says in a spec; None where the op takes its inputs in order and the rest by keyword."""
        places = [each for each in self.given if not each.parameter.keyword]
        tensors_first = all(not before.is_plain or after.is_plain for before, after in pairwise(places))
        if tensors_first and not any(isinstance(each.value, tuple) for each in places):
            return None
        return [word for each, word in self._worded() if not each.parameter.keyword]

    @property
    def written(self) -> str:
        """What stands between the brackets of the call, in the formula language."""
        return ", ".join(
            f"{each.parameter.name}={word}" if each.parameter.keyword else _joined(word)
            for each, word in self._worded()
        )

    def _worded(self) -> Iterator[tuple[Given, Any]]:
        names = iter(self.inputs)
        for each in self.given:
            if each.is_plain:
                yield each, each.parameter.name
            else:
                words = [next(names) for _ in each.tensors]
                yield each, words[0] if isinstance(each.value, torch.Tensor) else words

    @property
    def _names(self) -> list[str]:
        """The parameters' names where formulas may use them; else x, a, b, ..., as for the members of a list."""
        own = [RENAMED.get(each.parameter.name, each.parameter.name) for each in self.given for _ in each.tensors]
        taken = set(self.arguments)
        usable = len({*own, *taken}) == len(own) + len(taken) and all(map(_usable, own))
        plain = [name for name in PLAIN if name not in taken]
        return own if usable else plain[: len(own)]


def _usable(name: str) -> bool:
    return (
        name.isascii()
        and name[:1].isalpha()
        and not (
            iskeyword(name) or name == "y" or name in RESERVED or name.startswith(("d_", "ct_")) or name in UNSAYING
        )
    )


UNSAYING = frozenset({"args", "inputs", "tensors"})  # names of many, which do not tell one from another


def _packed(value: Drawn, rest: Iterator[torch.Tensor]) -> torch.Tensor | list[torch.Tensor]:
    return next(rest) if isinstance(value, torch.Tensor) else [next(rest) for _ in value]


def _again(value: Drawn, rest: Iterator[torch.Tensor]) -> Drawn:
    return next(rest) if isinstance(value, torch.Tensor) else tuple(next(rest) for _ in value)


def _joined(word: str | list[str]) -> str:
    return word if isinstance(word, str) else f"[{', '.join(word)}]"

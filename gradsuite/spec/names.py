"""The names that a variant declares, and which of them each kind of formula may use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from keyword import iskeyword

from gradsuite.spec import model
from gradsuite.spec.faults import Faults
from gradsuite.spec.node import Where

RESERVED = frozenset({"ct", "pi", "inf", "nan"})


@dataclass(frozen=True)
class Names:
    """What is declared, by kind. ``differentiable`` are the inputs that carry a gradient."""

    inputs: frozenset[str]
    arguments: frozenset[str]
    symbols: frozenset[str]
    lets: frozenset[str]
    outputs: frozenset[str]
    draws: frozenset[str]
    differentiable: frozenset[str]

    @property
    def sizes(self) -> frozenset[str]:
        """For sizes, domains and constructor arguments: known before any value is."""
        return self.arguments | self.symbols

    @property
    def point(self) -> frozenset[str]:
        """For conditions on a sample."""
        return self.sizes | self.inputs

    @property
    def values(self) -> frozenset[str]:
        """For the forward and for derivatives that do not see the cotangent."""
        return self.point | self.lets | self.outputs | self.draws

    @property
    def cotangents(self) -> frozenset[str]:
        """``ct``, or ``ct_<output>`` for each of several outputs."""
        return frozenset({"ct"} if len(self.outputs) == 1 else {f"ct_{name}" for name in self.outputs})

    @property
    def weighted(self) -> frozenset[str]:
        """For VJPs and reshuffles."""
        return self.values | self.cotangents

    @property
    def identity(self) -> frozenset[str]:
        """For identities: the VJPs too."""
        return self.weighted | {f"d_{name}" for name in self.differentiable}


def output_names(merged: model.Override) -> tuple[str, ...]:
    """The outputs in order; a single one is called y."""
    return tuple(merged.forward) if isinstance(merged.forward, dict) else ("y",)


def check_names(merged: model.Override, symbols: frozenset[str], faults: Faults) -> None:
    """Each name is an identifier, is not taken by the language, and stands for one thing."""
    seen = dict.fromkeys(symbols, "a shape symbol")
    if not isinstance(merged.forward, dict):
        seen["y"] = "the output"
    for where, name, kind in _declared(merged):
        if (what := _unfit(name)) is not None:
            _refuse(where, f"{kind} cannot be called {name!r}: {what}", faults)
        elif name in seen:
            _refuse(where, f"{kind} cannot be called {name!r}: {seen[name]} is", faults)
        else:
            seen[name] = kind


def _refuse(where: Where, what: str, faults: Faults) -> None:
    faults.add(where, what, "choose another name", key=True)
    faults.broken.add(faults.origin(where))


def _declared(merged: model.Override) -> Iterator[tuple[Where, str, str]]:
    """The place, name and kind of each name that is declared outright; symbols come about by their use."""
    forward = merged.forward if isinstance(merged.forward, dict) else {}
    kinds: tuple[tuple[str, Iterable[str], str], ...] = (
        ("forward", forward, "an output"),
        ("inputs", merged.inputs, "an input"),
        ("arguments", merged.arguments, "an argument"),
        ("let", merged.let, "a let"),
    )
    for key, names, kind in kinds:
        yield from (((key, name), name, kind) for name in names)
    draws = merged.random.draws if merged.random else []
    yield from ((("random", "draws", position), name, "a draw") for position, name in enumerate(draws))


def _unfit(name: str) -> str | None:
    if not re.fullmatch(r"[A-Za-z]\w*", name, re.ASCII):
        return "a name is made of letters, digits and _, and begins with a letter"
    if iskeyword(name):
        return "it is a word of the language"
    if name in RESERVED or name.startswith(("d_", "ct_")):
        return "it has a meaning of its own in formulas"
    return None

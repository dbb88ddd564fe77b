"""A spec as the rest of gradsuite sees it: variants merged, formulas parsed, nothing left to check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from gradsuite.spec.formula import Formula


class Form(StrEnum):
    """The five ways to declare a derivative."""

    ELEMENTWISE = "elementwise"
    JACOBIAN = "jacobian"
    GRADIENT = "gradient"
    RESHUFFLE = "reshuffle"
    VJP = "vjp"


@dataclass(frozen=True)
class Derivative:
    """The derivative for one input, in one form."""

    form: Form
    formula: Formula
    along: int | str | None = None  # an argument's name, or a dimension


@dataclass(frozen=True)
class Axis:
    """One word of a shape: ``N``, ``*B`` (variadic), ``#N``/``*#B`` (1 or absent to broadcast), ``G*I``, ``3``."""

    size: Formula
    variadic: bool = False
    broadcast: bool = False


@dataclass(frozen=True)
class Domain:
    """A domain's registered name and its parameters: ``interval(0, 1)``; a parameter is a formula over symbols."""

    name: str
    parameters: tuple[Formula, ...] = ()
    text: str = ""


@dataclass(frozen=True)
class Input:
    """One input: its axes, and where its values live."""

    shape: tuple[Axis, ...]
    domain: Domain
    optional: bool = False


@dataclass(frozen=True)
class Kink:
    """Where the derivative jumps (``at`` is zero there), and what is held there by input."""

    at: Formula
    convention: Mapping[str, Formula]


@dataclass(frozen=True)
class Edge:
    """A sample at an edge of the domain, and what to expect there."""

    values: Mapping[str, Any]  # inputs (nested lists) and arguments by name
    expect: Mapping[str, Any]  # "y" and gradients by input name (cotangent of ones), nested lists


@dataclass(frozen=True)
class Equivalence:
    """Another composition that must agree in value and gradient, where ``when`` holds."""

    functions: Mapping[str, str]  # short name -> dotted path
    expression: Formula
    when: Formula | None = None


@dataclass(frozen=True)
class Inplace:
    """The in-place variant, whether autograd must refuse it, and what the backward needs unchanged."""

    op: str | None
    refused: bool
    saves: tuple[str, ...] | None  # None: not said


@dataclass(frozen=True)
class Module:
    """How a ``torch.nn`` module is built, and which inputs are its parameters."""

    construct: Mapping[str, Formula | int | float | bool | None]
    parameters: tuple[str, ...]


@dataclass(frozen=True)
class Definition:
    """One variant of an op, ready to run. ``name`` is the variant's, empty for the only one."""

    name: str
    inputs: Mapping[str, Input]
    arguments: Mapping[str, tuple[Any, ...]]  # alternatives
    call: tuple[Any, ...] | None  # nested tuples of names; None: inputs in order, arguments by keyword
    require: tuple[Formula, ...]
    let: Mapping[str, Formula]
    forward: Mapping[str, Formula]  # by output name; {"y": ...} for a single output; empty if not declared
    surrogate: Formula | None
    derivative: Mapping[str, Derivative]
    kinks: tuple[Kink, ...]
    edge: tuple[Edge, ...]
    equals: Mapping[str, Equivalence]
    identities: Mapping[str, tuple[Formula, Formula]]  # left, right
    node: str | None
    atomic: bool
    inplace: Inplace | None
    constant_inputs: frozenset[str]  # not differentiable, by declaration or because their domain is integer or boolean
    constant_outputs: frozenset[str]
    draws: tuple[str, ...]  # names of the random draws; empty: not random
    module: Module | None
    declared_constants: frozenset[str] = frozenset()  # inputs that the spec says carry no gradient


@dataclass(frozen=True)
class Spec:
    """One spec file, compiled. ``path`` is as given, in posix form; ``text`` the file's content."""

    path: str
    op: str
    name: str
    family: str
    summary: str
    reference: str
    complex: bool
    real: bool
    definitions: tuple[Definition, ...]
    text: str

"""Declared formulas at chosen points, in ball arithmetic: for the curves and matrices that a page draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradsuite.catalogue.relations import called
from gradsuite.errors import GradsuiteError
from gradsuite.spec.definition import Definition
from gradsuite.spec.formula import evaluate
from gradsuite.spec.formula.ball_reading import BallReading, midpoints
from gradsuite.spec.lower import Scope, forward, vjp

_READING = BallReading(64)
_GROWING = frozenset(
    ["arange", "broadcast_to", "expand_dims", "fold", "onehot", "pad", "unfold"]
)  # beyond their inputs
_FAULTS = (GradsuiteError, ArithmeticError, ValueError, TypeError, KeyError, IndexError)


@dataclass(frozen=True)
class Lone:
    """A definition whose value depends on one input alone, with each argument at its first alternative."""

    definition: Definition
    name: str
    arguments: Mapping[str, Any]

    @classmethod
    def of(cls, definition: Definition) -> Lone | None:
        """``definition`` so; None where it is of another kind, states no value, or may grow large: pages stay cheap."""
        if len(definition.inputs) != 1 or set(definition.forward) != {"y"} or definition.draws or definition.surrogate:
            return None
        (name,) = definition.inputs
        if _GROWING & set(called([*definition.forward.values(), *definition.let.values(), *definition.require])):
            return None
        first = {key: values[0] for key, values in definition.arguments.items() if values}
        return cls(definition, name, first) if name in definition.derivative else None

    def at(self, x: np.ndarray, cts: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]] | None:
        """The value at ``x``, and the gradient for each of ``cts``; None where the formulas do not go through."""
        derivative = self.definition.derivative[self.name]
        try:
            scope = Scope(self.definition, {self.name: x}, self.arguments, {}, {}, _READING)
            if not all(bool(np.all(evaluate(each, scope, _READING))) for each in self.definition.require):
                return None
            value = midpoints(forward(self.definition, scope)["y"])
            return value, [midpoints(vjp(derivative, self.name, scope, {"y": ct})) for ct in cts]
        except _FAULTS:
            return None

"""From the five forms of a derivative to one: the vector-Jacobian product, in any reading.

Convention (torch's): for a holomorphic function the gradient is ``conj(Jacobian)^T ct``.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gradsuite.errors import FormulaError
from gradsuite.spec.definition import Definition, Derivative, Form
from gradsuite.spec.formula import FUNCTIONS, Formula, evaluate


class Scope(Mapping[str, Any]):
    """The names that a definition's formulas may use, each evaluated on first use and once.

    Inputs, arguments, shape symbols, draws and ``extra`` are given; lets and outputs are formulas over them. ``extra``
    goes before all else, so an op's own output may be put in the place of the declared forward.
    """

    def __init__(
        self,
        definition: Definition,
        inputs: Mapping[str, Any],
        arguments: Mapping[str, Any],
        symbols: Mapping[str, Any],
        draws: Mapping[str, Any],
        reading: Any,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        self.definition, self.reading = definition, reading
        self._known: dict[str, Any] = {**symbols, **arguments, **draws, **inputs, **(extra or {})}
        self._formulas: dict[str, Formula] = {**definition.forward, **definition.let}
        self._open: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        if name not in self._known:
            self._known[name] = self._evaluated(name, self._formulas[name])
        return self._known[name]

    def _evaluated(self, name: str, formula: Formula) -> Any:
        if name in self._open:
            raise FormulaError(f"{name!r} is defined by itself")
        self._open.add(name)
        try:
            return evaluate(formula, self, self.reading)
        finally:
            self._open.discard(name)

    def __contains__(self, name: object) -> bool:
        return name in self._known or name in self._formulas

    def __iter__(self) -> Iterator[str]:
        return iter({**self._formulas, **self._known})

    def __len__(self) -> int:
        return len({**self._formulas, **self._known})


def forward(definition: Definition, scope: Scope) -> dict[str, Any]:
    """The declared outputs by name."""
    return {name: scope[name] for name in definition.forward}


def vjp(derivative: Derivative, input_name: str, scope: Scope, cts: Mapping[str, Any]) -> Any:
    """The declared derivative's product with cotangents ``cts`` (by output name), in the shape of the input.

    The formula may use ``ct_<output>`` for each of ``cts``, and ``ct`` where there is only one.
    """
    names = {f"ct_{name}": ct for name, ct in cts.items()}
    if len(cts) == 1:
        names["ct"] = next(iter(cts.values()))
    work = _Lowering(scope.reading, scope.reading.lift(scope[input_name]), ChainMap(names, scope))  # type: ignore[arg-type]
    with scope.reading.working():
        return work.lower(derivative)


@dataclass(frozen=True)
class _Letter:
    """An index letter: which axis (counted from the end) of arrays with ``rank`` axes it runs over, and how far.

    The input's letter runs over a new leading axis, so that arrays which do not use it broadcast past it.
    """

    axis: int
    rank: int
    size: int
    leading: bool

    def values(self, reading: Any) -> Any:
        """The numbers 0, 1, ... along this letter's axis."""
        return self._along(reading, _do(reading, "arange", self.size, None, 1))

    def at(self, value: Any, reading: Any) -> Any:
        """``value[letter]``; an array of one dimension is indexed along it."""
        sizes = _shape(reading, value)
        if len(sizes) <= 1:
            return self._along(reading, value)
        if not self.leading:
            return value
        if len(sizes) > self.rank or len(sizes) < -self.axis:
            raise FormulaError(f"an array of shape {sizes} has no place for the index along dimension {self.axis}")
        padded = (1,) * (self.rank - len(sizes)) + sizes
        axis = self.rank + self.axis
        order = (axis, *(each for each in range(self.rank) if each != axis))
        moved = _do(reading, "permute_dims", _do(reading, "reshape", value, padded), order)
        return _do(reading, "expand_dims", moved, axis + 1)

    def _along(self, reading: Any, line: Any) -> Any:
        tail = (1,) * (self.rank if self.leading else -self.axis - 1)
        return _do(reading, "reshape", line, (-1 if _shape(reading, line) else 1, *tail) if self.size else (0, *tail))


@dataclass(frozen=True)
class _Lowering:
    """One lowering: the reading, the input, and the names with the cotangents among them."""

    reading: Any
    x: Any
    names: Mapping[str, Any]

    def lower(self, derivative: Derivative) -> Any:
        match derivative.form:
            case Form.ELEMENTWISE | Form.GRADIENT:
                return self.fit(self.weighted(self.names["ct"], evaluate(derivative.formula, self.names, self.reading)))
            case Form.JACOBIAN:
                return self.fit(self.jacobian(derivative))
            case Form.RESHUFFLE:
                return self.grown(evaluate(derivative.formula, self.names, self.reading))
        return self.fit(evaluate(derivative.formula, self.names, self.reading))

    def weighted(self, ct: Any, factor: Any) -> Any:
        """ct * conj(factor)."""
        return self.reading.multiply(self.reading.lift(ct), _do(self.reading, "conj", factor))

    def jacobian(self, derivative: Derivative) -> Any:
        """sum over i of ct[i] * conj(J[i, j]) in the shape of the input; all other axes are batched."""
        r, sizes = self.reading, _shape(self.reading, self.x) or (1,)
        ct = r.lift(self.names["ct"])
        ct = ct if _shape(r, ct) else _do(r, "reshape", ct, (1,))
        axis = self.along(derivative, len(sizes))
        i = _Letter(axis - len(sizes), len(sizes), _shape(r, ct)[axis], leading=False)
        j = _Letter(axis - len(sizes), len(sizes), sizes[axis], leading=True)
        letters = dict(zip(sorted(derivative.formula.indices), (i, j), strict=False))
        factor = evaluate(derivative.formula, ChainMap(letters, self.names), r)  # type: ignore[arg-type]
        product = self.weighted(ct, factor)
        if len(_shape(r, product)) == len(sizes):  # the Jacobian does not depend on j
            product = _do(r, "expand_dims", product, 0)
        summed = _do(r, "squeeze", _do(r, "sum", product, axis + 1, True), axis + 1)
        moved = _do(r, "permute_dims", summed, (*range(1, axis + 1), 0, *range(axis + 1, len(sizes))))
        return moved if _shape(r, self.x) else _do(r, "reshape", moved, ())

    def along(self, derivative: Derivative, rank: int) -> int:
        """The axis that i and j run over, counted from 0."""
        named = derivative.along
        dim = self.names[named] if isinstance(named, str) else named
        if not isinstance(dim, int) or not -rank <= dim < rank:
            raise FormulaError(f"along: {named!r} is {dim!r}, not a dimension of an input with {rank}")
        return dim % rank

    def fit(self, value: Any) -> Any:
        """Summed over the axes along which the input was broadcast, then broadcast to its shape."""
        if _shape(self.reading, value) != _shape(self.reading, self.x):
            value = _do(self.reading, "unbroadcast", value, self.x)
        return self.grown(value)

    def grown(self, value: Any) -> Any:
        """Broadcast to the shape of the input."""
        shape = _shape(self.reading, self.x)
        return value if _shape(self.reading, value) == shape else _do(self.reading, "broadcast_to", value, shape)


def _do(reading: Any, name: str, *values: Any) -> Any:
    """A function of the language, with a value for each of its parameters."""
    return reading.call(FUNCTIONS[name], list(values))


def _shape(reading: Any, value: Any) -> tuple[int, ...]:
    return tuple(_do(reading, "shape", value))

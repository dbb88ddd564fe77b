"""The formulas that are given beside a callable, read and held against the names of its parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gradsuite.errors import FormulaError, UsageError
from gradsuite.spec.definition import Derivative, Form
from gradsuite.spec.formula import Formula, parse
from gradsuite.spec.nearest import suggestion


def read(
    derivative: Mapping[str, Any], forward: str | None, surrogate: str | None, *, known: Sequence[str],
    moving: Sequence[str],
) -> dict[str, Any]:  # fmt: skip
    """The fields ``derivative``, ``forward`` and ``surrogate`` of a definition.

    ``known``: the parameters; ``moving``: those that are differentiated. Where a surrogate's derivative is not given,
    it is found by symbolic differentiation. Raises UsageError.
    """
    try:
        given = {name: _derivative(each) for name, each in derivative.items()}
        value = {"y": parse(forward)} if forward else {}
        stand_in = parse(surrogate) if surrogate else None
    except FormulaError as error:
        raise UsageError(str(error)) from error
    for formula in [*value.values(), *(each.formula for each in given.values()), *([stand_in] if stand_in else [])]:
        _known_names(formula, [*known, "y", "ct"])
    if stand_in is not None:
        given |= {name: _derivative_of(stand_in, name) for name in moving if name not in given}
    return {"derivative": given, "forward": value, "surrogate": stand_in}


def _known_names(formula: Formula, known: Sequence[str]) -> None:
    """Refuses a formula that speaks of what is not there."""
    for name in sorted(formula.names - set(known)):
        raise UsageError(f"unknown name {name!r} in {formula.text!r}; {suggestion(name, known)}")


def _derivative(declared: str | Mapping[str, Any]) -> Derivative:
    if isinstance(declared, str):
        return Derivative(Form.ELEMENTWISE, parse(declared))
    forms = {key: text for key, text in declared.items() if key != "along"}
    if len(forms) != 1 or next(iter(forms)) not in {form.value for form in Form}:
        raise UsageError(f"derivative={dict(declared)!r}: give exactly one of {', '.join(form.value for form in Form)}")
    form, text = next(iter(forms.items()))
    indices = ("i", "j") if form == Form.JACOBIAN else ()
    return Derivative(Form(form), parse(text, indices=indices), declared.get("along"))


def _derivative_of(surrogate: Formula, name: str) -> Derivative:
    from gradsuite.spec.formula.symbolic import derivative  # sympy takes half a second, and few need it

    try:
        return _derivative(derivative(surrogate, name))
    except ValueError as error:
        advice = f"give the derivative as well: derivative={{{name!r}: ...}}"
        raise UsageError(f"surrogate={surrogate.text!r}: {error}; {advice}") from None

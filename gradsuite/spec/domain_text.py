"""The domain of an input as written: ``real``, ``interval(0, 1)``, ``index(C)``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gradsuite.errors import FormulaError
from gradsuite.spec import domains
from gradsuite.spec.definition import Domain
from gradsuite.spec.formula import Formula, parse
from gradsuite.spec.nearest import suggestion

_CALL = re.compile(r"([A-Za-z_]\w*)(?:\((.*)\))?")


def parse_domain(text: str) -> Domain:
    """The domain that ``text`` names, its parameters read as formulas.

    Raises:
        FormulaError: no such domain, or other parameters than it takes; the column counts from 1 in ``text``.
    """
    match = _CALL.fullmatch(text)
    if match is None:
        raise FormulaError(f"{text!r} is no domain", mend="write a name, as 'positive', or a call, as 'interval(0, 1)'")
    name, inside = match.groups()
    _check_name(name)
    parameters = tuple(_parameter(part, column) for part, column in _parts(inside or "", match.start(2)))
    _check_count(name, len(parameters))
    return Domain(name, parameters, text)


def _check_name(name: str) -> None:
    if name not in domains.names():
        raise FormulaError(f"unknown domain {name!r}", mend=suggestion(name, domains.names()))


def _check_count(name: str, given: int) -> None:
    wanted = domains.get(name).parameters
    if given != len(wanted):
        call = f"{name}({', '.join(wanted)})" if wanted else name
        raise FormulaError(f"the domain {name!r} is given {given} parameters, not {len(wanted)}", mend=f"write {call}")


def _parts(inside: str, start: int) -> Iterator[tuple[str, int]]:
    """The parameters between commas that stand in no bracket, each with its column."""
    depth, begin = 0, 0
    for position, character in enumerate(f"{inside},"):
        depth += (character in "([{") - (character in ")]}")
        if character == "," and depth == 0:
            part = inside[begin:position]
            if part.strip() or begin or position < len(inside):
                yield part.strip(), start + begin + 1 + len(part) - len(part.lstrip())
            begin = position + 1


def _parameter(text: str, column: int) -> Formula:
    try:
        return parse(text)
    except FormulaError as error:
        raise FormulaError(error.what, column=column + error.column - 1, mend=error.mend) from None

"""The glossary: the words of this site, the shapes and domains of inputs, and the formula language."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass

from gradsuite.catalogue.shelf import LANGUAGE, link
from gradsuite.catalogue.site import Site
from gradsuite.spec import domains
from gradsuite.spec.definition import Spec
from gradsuite.spec.formula import FUNCTIONS, parse
from gradsuite.spec.formula.mathml import to_mathml
from gradsuite.spec.formula.registry import Function

# What can be written beside calls: an example, and what it means.
_SYNTAX = {
    "a + b - c": "sum and difference; sizes of one are stretched to fit",
    "a * b": "the product, place by place",
    "a / b": "the quotient, place by place",
    "a // b": "the largest whole number that is not above the quotient",
    "a % b": "what remains of a after whole multiples of b",
    "x ** n": "a power",
    "a @ b": "the matrix product",
    "a.T": "the last two dimensions exchanged",
    "x[0]": "an entry, counted from zero",
    "x[1:3]": "a slice, without its end",
    "x[None, ...]": "a new dimension",
    "a < b and not c": "comparisons: <, <=, ==, !=, >=, >; joined by and, or, not",
    "a if c else b": "one value or the other, by a condition on arguments or sizes",
    "x is None": "whether an optional input was left out",
    "[a, b]": "a list: of sizes, of dimensions, of arrays",
    "pi + inf + nan": "constants",
}
_SHAPES = {
    "N C": "two dimensions; each letter is a size, and the same letter is the same size everywhere",
    "*B C": "any number of dimensions, also none, and then C",
    "*#B": "any number of dimensions, of which each may be one or be left out: it is stretched to fit",
    "G*I": "a size that is computed",
    "3": "a fixed size",
    "": "no dimension: a single number",
}


@dataclass(frozen=True)
class Entry:
    """A function of the language: how it is called and written, and the ops whose pages use it."""

    name: str
    called: str
    mathml: str
    summary: str
    page: str | None
    used: tuple[Spec, ...]


def render(site: Site) -> str:
    """The page."""
    return site.page(
        "language.html",
        LANGUAGE,
        syntax=[(text, to_mathml(parse(text)), meaning) for text, meaning in _SYNTAX.items()],
        shapes=_SHAPES,
        domains=[domains.get(name) for name in domains.names()],
        functions=list(_entries(site)),
    )


def _entries(site: Site) -> Iterator[Entry]:
    for name, function in sorted(FUNCTIONS.items()):
        own = site.shelf.by_name.get(name)
        yield Entry(
            name=name,
            called=f"{name}{function.signature}",
            mathml=to_mathml(parse(_call(function))),
            summary=function.summary,
            page=link(LANGUAGE, site.shelf.address(own)) if own else None,
            used=site.relations.using(name),
        )


def _call(function: Function) -> str:
    """A call with the parameters that must be given, and the dimension of those that take one."""
    parameters = function.signature.parameters.values()
    wanted = [each.name for each in parameters if each.default is inspect.Parameter.empty or each.name == "dim"]
    return f"{function.name}({', '.join(wanted)})"

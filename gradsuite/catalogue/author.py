"""Sets what a spec declares for reading: every formula as an equation, with what its author says of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from markupsafe import Markup

from gradsuite.catalogue import curve, equations, matrix, prose, samples
from gradsuite.catalogue.items import Item, Part
from gradsuite.catalogue.remarks import Remarks
from gradsuite.catalogue.samples import Sample
from gradsuite.catalogue.site import Site
from gradsuite.spec import domains
from gradsuite.spec.definition import Equivalence, Kink, Spec
from gradsuite.spec.formula import Formula
from gradsuite.spec.node import Where
from gradsuite.spec.shapes import written

_KEYS = ("inputs", "require", "let", "forward", "surrogate", "derivative", "kinks", "identities", "equals", "edge")


@dataclass(frozen=True)
class Equation:
    """An equation set large, its text as in the spec, and what is said of it."""

    mathml: str
    code: Markup
    said: tuple[str, ...] = ()
    title: str = ""


@dataclass(frozen=True)
class Derivatives:
    """Derivatives of one form, one after another, and what they mean."""

    meaning: str
    equations: tuple[Equation, ...]


@dataclass(frozen=True)
class Composition:
    """Another way to compute the same: its functions as short name, dotted path and page; where it holds."""

    title: str
    equation: Equation
    functions: tuple[tuple[str, str, str | None], ...]
    when: Markup


@dataclass(frozen=True)
class Convention:
    """A kink, and the slopes that are held on it."""

    at: Equation
    held: tuple[Equation, ...]


@dataclass(frozen=True)
class Given:
    """An input: what it may be, and what is to be noted of it."""

    name: str
    shape: str
    domain: str
    kind: str
    meaning: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Shown:
    """A part of a spec, ready to be filled in. ``says`` are its author's remarks on whole keys."""

    name: str
    said: str
    says: Mapping[str, str]
    inputs: tuple[Given, ...]
    arguments: tuple[tuple[str, str], ...]
    conditions: tuple[tuple[Markup, str], ...]
    function: tuple[Equation, ...]
    where: tuple[Equation, ...]
    surrogate: tuple[Equation, ...]
    derivatives: tuple[Derivatives, ...]
    kinks: tuple[Convention, ...]
    curve: Markup
    matrix: Sample | None
    example: Sample | None
    edges: tuple[Sample, ...]
    identities: tuple[Equation, ...]
    equals: tuple[Composition, ...]
    graph: tuple[str, ...]


class Author:
    """Sets the parts of one spec for the page ``here``."""

    def __init__(self, site: Site, spec: Spec, here: str) -> None:
        self.site, self.here = site, here
        self.remarks = Remarks(spec.text)

    def part(self, part: Part) -> Shown:
        """``part`` with everything that it declares."""
        home: Where = ("variants", part.name) if part.name else ()
        example = samples.worked(part.of("edge"))
        alone = part.definition
        return Shown(
            name=part.name,
            said=self.remarks.of(*home) if home else "",
            says={key: self.remarks.of(*home, key) for key in _KEYS},
            inputs=tuple(map(_given, part.of("input"))),
            arguments=tuple((item.name, prose.joined(map(_choice, item.value), "or")) for item in part.of("argument")),
            conditions=tuple((self._code(item.value), self._said(item)) for item in part.of("require")),
            function=tuple(map(self._defined, part.of("forward"))),
            where=tuple(map(self._defined, part.of("let"))),
            surrogate=tuple(map(self._surrogate, part.of("surrogate"))),
            derivatives=tuple(self._derivatives(part.of("derivative"))),
            kinks=tuple(map(self._kink, part.of("kink"))),
            curve=curve.draw(alone) if alone else Markup(""),
            matrix=matrix.worked(alone) if alone else None,
            example=samples.sample(example, self._said(example)) if example else None,
            edges=tuple(samples.sample(each, self._said(each)) for each in part.of("edge") if each is not example),
            identities=tuple(map(self._identity, part.of("identity"))),
            equals=tuple(map(self._composition, part.of("equals"))),
            graph=tuple(item.text for item in part.of("graph")),
        )

    def _said(self, item: Item) -> str:
        """The remark on the item's own key, in its variant or above all variants."""
        return self.remarks.of("variants", item.definition.name, *item.where) or self.remarks.of(*item.where)

    def _code(self, formula: Formula, functions: Mapping[str, str] | None = None) -> Markup:
        return self.site.linked(self.here, formula.text, functions)

    def _defined(self, item: Item) -> Equation:
        said = self._said(item) if item.where != ("forward",) else ""  # that is a remark on the whole key
        return Equation(equations.defined(item.name, item.value), self._code(item.value), (said,))

    def _surrogate(self, item: Item) -> Equation:
        return Equation(equations.plain(item.value), self._code(item.value))

    def _derivatives(self, items: Iterable[Item]) -> Iterator[Derivatives]:
        for _, same in groupby(items, key=lambda item: (item.value.form, item.value.along)):
            group = list(same)
            names = [item.name for item in group]
            yield Derivatives(
                prose.meaning(group[0].definition, names, group[0].value), tuple(map(self._derivative, group))
            )

    def _derivative(self, item: Item) -> Equation:
        output = next(iter(item.definition.forward), "y")
        mathml = equations.derivative(output, item.name, item.value)
        return Equation(mathml, self._code(item.value.formula), (self._said(item),), f"derivative for {item.name}")

    def _kink(self, item: Item) -> Convention:
        kink: Kink = item.value
        output = next(iter(item.definition.forward), "y")
        held = (
            Equation(equations.convention(output, name, each), self._code(each))
            for name, each in kink.convention.items()
        )
        return Convention(Equation(equations.kink(kink.at), self._code(kink.at), (self._said(item),)), tuple(held))

    def _identity(self, item: Item) -> Equation:
        code = Markup(" == ").join(map(self._code, item.value))
        return Equation(equations.identity(item.value), code, (self._said(item),), prose.spoken(item.name))

    def _composition(self, item: Item) -> Composition:
        other: Equivalence = item.value
        code = self._code(other.expression, other.functions)
        return Composition(
            title=prose.spoken(item.name),
            equation=Equation(equations.plain(other.expression), code, (self._said(item),)),
            functions=tuple((name, path, self.site.op(self.here, path)) for name, path in other.functions.items()),
            when=self._code(other.when) if other.when else Markup(""),
        )


def _given(item: Item) -> Given:
    given, definition = item.value, item.definition
    kind = domains.get(given.domain.name)
    notes = (
        "may be left out" if given.optional else "",
        "a parameter of the module" if definition.module and item.name in definition.module.parameters else "",
        "carries no gradient" if item.name in definition.constant_inputs else "",
    )
    shape = written(given.shape)
    return Given(item.name, shape, given.domain.text or kind.name, kind.name, kind.summary, tuple(filter(None, notes)))


def _choice(value: Any) -> str:
    """An argument's value as it is written."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(_choice, value))}]"
    return str(value).lower() if value is None or isinstance(value, bool) else str(value)

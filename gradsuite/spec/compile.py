"""From the model of a file to definitions: variants merged, formulas parsed, everything checked that can be."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from gradsuite.spec import definition as ready
from gradsuite.spec import domains, model, rules
from gradsuite.spec.faults import Faults
from gradsuite.spec.formula import Formula
from gradsuite.spec.merge import variants
from gradsuite.spec.names import Names, check_names, output_names
from gradsuite.spec.reader import INDICES, Reader, symbols_of

FORMS = tuple(form.value for form in ready.Form)


def definitions(spec: model.Spec, faults: Faults) -> tuple[ready.Definition, ...]:
    """The variants of ``spec``, ready to run; of no use if faults were added."""
    return tuple(_Compiler(name, merged, faults.within(name)).definition() for name, merged in variants(spec).items())


class _Compiler:
    """Compiles one variant, key by key."""

    def __init__(self, name: str, merged: model.Override, faults: Faults) -> None:
        self.name, self.merged, self.faults = name, merged, faults
        self.reader = Reader(faults)
        self.inputs = {key: _long(each) for key, each in merged.inputs.items() if each is not None}
        self.shapes = {key: self.reader.shape(key, each) for key, each in self.inputs.items()}
        symbols = symbols_of(self.shapes, merged.arguments, self.reader)
        check_names(merged, symbols, faults)
        self.sizes = symbols | merged.arguments.keys() | self._lost_symbols()
        self.domains = {key: self.reader.domain(key, each, self.sizes) for key, each in self.inputs.items()}
        self.constant = self._constant_inputs()
        self.names = self._names(symbols | self._lost_symbols())

    def definition(self) -> ready.Definition:
        """The whole variant."""
        merged, names = self.merged, self.names
        let = {key: self.reader.formula(("let", key), text, names.values) for key, text in merged.let.items()}
        forward = self._forward()
        rules.check(merged, names, {**let, **forward}, self.faults)
        return ready.Definition(
            name=self.name,
            inputs=self._inputs(),
            arguments={key: _alternatives(each) for key, each in merged.arguments.items()},
            call=_tuples(merged.call) if merged.call is not None else None,
            require=tuple(self._formulas(("require",), merged.require, names.point)),
            let=let,
            forward=forward,
            surrogate=self._optional("surrogate", merged.surrogate),
            derivative={key: self._derivative(key, each) for key, each in merged.derivative.items()},
            kinks=tuple(self._kink(place, each) for place, each in enumerate(merged.kinks)),
            edge=tuple(map(_edge, merged.edge)),
            equals={key: self._equivalence(key, each) for key, each in merged.equals.items()},
            identities=self._identities(),
            node=merged.node,
            atomic=merged.atomic is not False,
            inplace=_inplace(merged.inplace),
            constant_inputs=self.constant,
            constant_outputs=frozenset(merged.not_differentiable.outputs if merged.not_differentiable else ()),
            draws=tuple(merged.random.draws if merged.random else ()),
            module=self._module(),
            declared_constants=frozenset(merged.not_differentiable.inputs if merged.not_differentiable else ()),
        )

    def _lost_symbols(self) -> frozenset[str]:
        """Words of shapes that could not be read: they may be symbols, and are not to be called unknown elsewhere."""
        texts = [self.inputs[key].shape for key, axes in self.shapes.items() if not axes]
        return frozenset(re.findall(r"[A-Za-z]\w*", " ".join(texts)))

    def _constant_inputs(self) -> frozenset[str]:
        declared = self.merged.not_differentiable.inputs if self.merged.not_differentiable else ()
        counted = {key for key, each in self.domains.items() if domains.get(each.name).kind != "real"}
        return frozenset(counted.union(declared))

    def _names(self, symbols: frozenset[str]) -> Names:
        merged = self.merged
        return Names(
            inputs=frozenset(self.inputs),
            arguments=frozenset(merged.arguments),
            symbols=symbols,
            lets=frozenset(merged.let),
            outputs=frozenset(output_names(merged)),
            draws=frozenset(merged.random.draws if merged.random else ()),
            differentiable=frozenset(self.inputs) - self.constant,
        )

    def _inputs(self) -> dict[str, ready.Input]:
        for key, axes in self.shapes.items():
            for axis in axes:
                self.reader.known(self.reader.shape_place(key), self.inputs[key].shape, axis.size, self.sizes)
        return {
            key: ready.Input(self.shapes[key], self.domains[key], each.optional) for key, each in self.inputs.items()
        }

    def _forward(self) -> dict[str, Formula]:
        forward = self.merged.forward
        if isinstance(forward, dict):
            known = self.names.values
            return {key: self.reader.formula(("forward", key), text, known) for key, text in forward.items()}
        single = self._optional("forward", forward)
        return {"y": single} if single else {}

    def _optional(self, key: str, text: str | None) -> Formula | None:
        return self.reader.formula((key,), text, self.names.values) if text is not None else None

    def _formulas(self, where: tuple[str | int, ...], texts: list[str], known: frozenset[str]) -> list[Formula]:
        return [self.reader.formula((*where, place), text, known) for place, text in enumerate(texts)]

    def _derivative(self, name: str, given: model.Derivative) -> ready.Derivative:
        where = ("derivative", name)
        forms = [form for form in FORMS if getattr(given, form) is not None]
        rules.check_forms(where, given, forms, self.names, self.faults)
        form = ready.Form(forms[0] if forms else "vjp")
        text = getattr(given, form.value) or "0"
        weighted = form in (ready.Form.VJP, ready.Form.RESHUFFLE)
        known = self.names.weighted if weighted else self.names.values
        indices = INDICES if form is ready.Form.JACOBIAN else ()
        formula = self.reader.formula((*where, form.value), text, known, indices=indices)
        return ready.Derivative(form, formula, given.along)

    def _kink(self, place: int, given: model.Kink) -> ready.Kink:
        where = ("kinks", place)
        known = self.names.values
        return ready.Kink(
            self.reader.formula((*where, "at"), given.at, known),
            {
                key: self.reader.formula((*where, "convention", key), text, known)
                for key, text in given.convention.items()
            },
        )

    def _equivalence(self, name: str, given: model.Equivalence) -> ready.Equivalence:
        where = ("equals", name)
        known = self.names.point | self.names.lets | self.names.draws
        when = self.reader.formula((*where, "when"), given.when, known) if given.when else None
        functions = given.functions
        expression = self.reader.formula((*where, "expression"), given.expression, known, functions=functions)
        return ready.Equivalence(functions, expression, when)

    def _identities(self) -> dict[str, tuple[Formula, Formula]]:
        known = self.names.identity
        return {
            key: self.reader.identity(("identities", key), text, known) for key, text in self.merged.identities.items()
        }

    def _module(self) -> ready.Module | None:
        given = self.merged.module
        if given is None:
            return None
        construct = {key: self._constructor_argument(key, each) for key, each in given.constructor.items()}
        return ready.Module(construct, tuple(given.parameters))

    def _constructor_argument(
        self, key: str, value: str | int | float | bool | None
    ) -> Formula | int | float | bool | None:
        if isinstance(value, str):
            return self.reader.formula(("module", "construct", key), value, self.names.sizes)
        return value


def _long(given: model.Input | str) -> model.Input:
    return model.Input(shape=given) if isinstance(given, str) else given  # type: ignore[call-arg]


def _alternatives(given: model.Argument) -> tuple[Any, ...]:
    """The alternatives of an argument, lists within them as tuples."""
    return _tuples(given) if isinstance(given, list) else (given,)


def _tuples(items: list[Any]) -> tuple[Any, ...]:
    return tuple(_tuples(item) if isinstance(item, list) else item for item in items)


def _edge(given: Mapping[str, Any]) -> ready.Edge:
    values = {key: value for key, value in given.items() if key != "expect"}
    return ready.Edge(values, given.get("expect") or {})


def _inplace(given: model.Inplace | None) -> ready.Inplace | None:
    if given is None:
        return None
    return ready.Inplace(given.op, given.refused, None if given.saves is None else tuple(given.saves))

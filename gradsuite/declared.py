"""What ``gradsuite.check`` knows of a callable, as a record, and the subject that such a record describes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import torch

from gradsuite.errors import FormulaError, UsageError
from gradsuite.inputs import example_definition
from gradsuite.inputs.manifolds import belongs, onto
from gradsuite.results import Declared, Module
from gradsuite.sample import Subject
from gradsuite.spec import shapes
from gradsuite.spec.definition import Definition, Derivative, Form, Input
from gradsuite.spec.domain_text import parse_domain
from gradsuite.spec.formula import parse
from gradsuite.subject import from_callable, in_wider_dtypes


def declare(
    definition: Definition,
    *,
    sets: Mapping[str, str],
    random: bool,
    importable: bool,
    predicate: bool,
    module: Module | None = None,
) -> Declared:
    """The record of a definition that was made for a callable; ``sets`` names those that inputs are projected onto."""
    forward = definition.forward.get("y")
    return Declared(
        shapes={name: shapes.written(given.shape) for name, given in definition.inputs.items()},
        domains={name: given.domain.text or given.domain.name for name, given in definition.inputs.items()},
        constant=tuple(sorted(definition.constant_inputs)),
        derivative={name: _written(each) for name, each in definition.derivative.items()},
        forward="" if forward is None else forward.text,
        surrogate="" if definition.surrogate is None else definition.surrogate.text,
        sets=dict(sets),
        random=random,
        importable=importable,
        predicate=predicate,
        module=module,
    )


def subject(declared: Declared, fn: Callable[..., Any], name: str) -> Subject:
    """``fn`` as the record describes it. Raises UsageError where the record is damaged."""
    try:
        definition = _definition(declared)
        places = {place: declared.sets[name] for place, name in enumerate(declared.shapes) if name in declared.sets}
        along = onto(in_wider_dtypes(fn), places)
    except (FormulaError, ValueError, KeyError) as error:
        raise UsageError(f"the record of the callable is damaged: {error}") from None
    found = from_callable(along, name, random=declared.random, definition=definition)
    return replace(found, admits=lambda tensors: belongs(tensors, declared.sets))


def parameter_names(fn: Callable[..., Any], count: int) -> list[str]:
    """The names of the first ``count`` positional parameters; x0, x1, ... where the signature does not tell."""
    try:
        parameters = list(inspect.signature(fn).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    names = [p.name for p in parameters if p.kind in kinds]
    return names[:count] if len(names) >= count else [f"x{i}" for i in range(count)]


def _definition(declared: Declared) -> Definition:
    drawn = {n: Input(shapes.parse_shape(s), parse_domain(declared.domains[n])) for n, s in declared.shapes.items()}
    return example_definition(
        [torch.zeros(()) for _ in drawn], list(drawn), list(declared.domains.values()), constant=declared.constant,
        derivative={name: _read(each) for name, each in declared.derivative.items()},
        forward={"y": parse(declared.forward)} if declared.forward else {},
        surrogate=parse(declared.surrogate) if declared.surrogate else None, inputs=drawn,
    )  # fmt: skip


def _written(derivative: Derivative) -> dict[str, str | int | None]:
    return {"form": derivative.form.value, "formula": derivative.formula.text, "along": derivative.along}


def _read(written: Mapping[str, str | int | None]) -> Derivative:
    form = Form(str(written["form"]))
    indices = ("i", "j") if form is Form.JACOBIAN else ()
    return Derivative(form, parse(str(written["formula"]), indices=indices), written["along"])

"""The text of a spec to start from: all that it says was probed or derived, and is marked as unreviewed."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterator
from typing import Any

import torch

from gradsuite.devices import kept
from gradsuite.draft import line
from gradsuite.draft.known import forward as known_forward
from gradsuite.draft.probe import Probed, probe
from gradsuite.errors import FormulaError, UsageError
from gradsuite.spec.dotted import short
from gradsuite.spec.formula import Formula, parse
from gradsuite.spec.formula.symbolic import derivative
from gradsuite.spec.nearest import suggestion
from gradsuite.subject import outputs

MARK = "UNREVIEWED"


def draft(op: Callable[..., Any], path: str, forward: str = "") -> str:
    """The spec of ``op``, which ``path`` names; ``forward`` is its formula, where its author gives one.

    Raises UsageError where nothing can be learnt of the op, or ``forward`` cannot be read.
    """
    if inspect.isclass(op):
        raise UsageError(f"{path} is a class: write a module's spec by hand, with 'module:', or draft its functional")
    probed = probe(op, path)
    text = forward or (known_forward(short(path)) if probed.elementwise else "")
    formula = _formula(text, probed) if text else None
    with kept(threads=1):
        return "\n".join(
            [*_head(op, path), *_inputs(op, probed), *_formulas(formula, path, probed), *_rest(op, probed), ""]
        )


def _formula(text: str, probed: Probed) -> Formula | None:
    try:
        found = parse(text)
    except FormulaError as error:
        raise UsageError(f"--forward: {error}") from error
    known = [*probed.shapes, *probed.arguments]
    for name in sorted(found.names - set(known)):
        raise UsageError(f"--forward names {name!r}, which is no input; {suggestion(name, known)}")
    return found


def _head(op: Callable[..., Any], path: str) -> Iterator[str]:
    yield f"# Drafted by gradsuite new. What is marked {MARK} was learnt from the op: read it, mend it."
    yield "gradsuite: 1"
    yield f"op: {path}"
    yield f"summary: {json.dumps(_summary(op))}  # {MARK}"
    yield f"reference: {json.dumps(f'{MARK}: name a paper or a book in which the mathematics stands.')}"
    yield "dtypes: [real]"


def _summary(op: Callable[..., Any]) -> str:
    """The first sentence of what the op says of itself, past its signature."""
    paragraphs = (inspect.getdoc(op) or "").split("\n\n")
    told = next((each for each in paragraphs if each.strip() and "->" not in each and "::" not in each), "")
    sentence = " ".join(told.split()).partition(". ")[0].rstrip(".")
    printable = "".join(filter(str.isprintable, sentence))[:200]
    return f"{printable}." if printable else "Say in one sentence what it computes."


def _inputs(op: Callable[..., Any], probed: Probed) -> Iterator[str]:
    yield ""
    yield f"# {MARK}: learnt by calling the op with other sizes and values."
    yield "inputs:"
    for name, shape in probed.shapes.items():
        domain = line.domain(_values(op, probed), _inside(probed)) if _is_single(probed) else probed.domains[name]
        yield f"  {name}: {{shape: {json.dumps(shape)}, domain: {json.dumps(domain)}}}"
    if probed.arguments:
        yield f"arguments:  # {MARK}: alternatives that samples draw from"
        yield from (f"  {name}: [{json.dumps(value)}]" for name, value in probed.arguments.items())
    if probed.require:
        yield f"require: [{', '.join(map(json.dumps, probed.require))}]  # {MARK}"
    if probed.defaults:
        yield f"# Not varied: {', '.join(f'{name}={value}' for name, value in probed.defaults.items())}"


def _formulas(formula: Formula | None, path: str, probed: Probed) -> Iterator[str]:
    yield ""
    if formula is None:
        call = f"itself({', '.join([*probed.shapes, *probed.arguments])})"
        yield f"# {MARK}: no formula is known, and that an op equals itself says nothing: write forward in place of it."
        yield f"equals: {{itself: {{with: {{itself: {path}}}, expression: {json.dumps(call)}}}}}"
    else:
        yield f"forward: {json.dumps(formula.text)}  # {MARK}"
    yield ""
    yield from _derivatives(formula, probed)


def _derivatives(formula: Formula | None, probed: Probed) -> Iterator[str]:
    try:
        if formula is None or not probed.elementwise:
            raise ValueError("forward is not known to be elementwise")
        found = {name: derivative(formula, name) for name in probed.shapes}
    except ValueError as reason:
        yield f"# {MARK}: {reason}; these zeros hold the place of the derivatives, and gradsuite run refuses them."
        yield "derivative:"
        yield from (f'  {name}: {{vjp: "zeros_like({name})"}}' for name in probed.shapes)
        return
    yield f"# {MARK}: by symbolic differentiation of forward; write it as people do."
    yield "derivative:"
    yield from (f"  {name}: {{elementwise: {json.dumps(each)}}}" for name, each in found.items())


def _rest(op: Callable[..., Any], probed: Probed) -> Iterator[str]:
    if _is_single(probed):
        yield from _kinks(op, probed)
    if probed.node:
        yield ""
        yield f"node: {probed.node}  # {MARK}"


def _kinks(op: Callable[..., Any], probed: Probed) -> Iterator[str]:
    values, (name,) = _values(op, probed), probed.shapes
    found = list(line.kinks(values))
    if not found:
        return
    yield ""
    yield f"# {MARK}: where the slope was seen to jump, and what the backward holds there."
    yield "kinks:"
    for place, before, after in found:
        x = torch.tensor([place], dtype=torch.float64, requires_grad=True)
        held = torch.autograd.grad(values(x).sum(), x)[0].item()
        at = name if place == 0 else f"{name} {'-' if place > 0 else '+'} {abs(place):.17g}"
        yield f"  - {{at: {json.dumps(at)}, convention: {{{name}: {json.dumps(f'{held:.17g}')}}}}}  # " + (
            f"from {before:.4g} to {after:.4g}"
        )


def _is_single(probed: Probed) -> bool:
    """Whether the op is a function of one number."""
    return probed.elementwise and len(probed.shapes) == 1


def _inside(probed: Probed) -> float:
    (x,) = probed.examples.values()
    return x.reshape(-1)[0].item()


def _values(op: Callable[..., Any], probed: Probed) -> line.Values:
    return lambda x: outputs(op(x, **probed.arguments))[0]

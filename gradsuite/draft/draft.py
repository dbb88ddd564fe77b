"""The text of a spec to start from: all that it says was probed or derived, and is marked as unreviewed."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch

from gradsuite.devices import kept
from gradsuite.draft import line
from gradsuite.draft.known import forward as known_forward
from gradsuite.draft.probe import Probed, probe
from gradsuite.draft.summary import summary
from gradsuite.errors import FormulaError, UsageError
from gradsuite.spec.dotted import short
from gradsuite.spec.formula import Formula, parse
from gradsuite.spec.formula.symbolic import derivative
from gradsuite.spec.nearest import suggestion
from gradsuite.spec.shapes import written

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
        return "\n".join([*_head(op, path), *_inputs(probed), *_formulas(formula, path, probed), *_rest(probed), ""])


def _formula(text: str, probed: Probed) -> Formula | None:
    try:
        found = parse(text)
    except FormulaError as error:
        raise UsageError(f"--forward: {error}") from error
    known = [*probed.call.inputs, *probed.call.arguments]
    for name in sorted(found.names - set(known)):
        raise UsageError(f"--forward names {name!r}, which is no input; {suggestion(name, known)}")
    return found


def _head(op: Callable[..., Any], path: str) -> Iterator[str]:
    yield f"# Drafted by gradsuite new. What is marked {MARK} was learnt from the op: read it, mend it."
    yield "gradsuite: 1"
    yield f"op: {path}"
    yield f"summary: {json.dumps(summary(op))}  # {MARK}"
    yield f"reference: {json.dumps(f'{MARK}: name a paper or a book in which the mathematics stands.')}"
    yield "dtypes: [real]"


def _inputs(probed: Probed) -> Iterator[str]:
    definition = probed.definition
    yield ""
    yield f"# {MARK}: learnt by calling the op with other sizes and values."
    yield "inputs:"
    for name, given in definition.inputs.items():
        domain = line.domain(_values(probed), _inside(probed)) if _is_single(probed) else given.domain.text
        yield f"  {name}: {{shape: {json.dumps(written(given.shape))}, domain: {json.dumps(domain)}}}"
    if definition.arguments:
        yield f"arguments:  # {MARK}: alternatives that samples draw from"
        yield from (f"  {name}: {json.dumps(values)}" for name, values in definition.arguments.items())
    if definition.call is not None:
        yield f"call: {_flow(definition.call)}"
    if definition.require:
        yield f"require: [{', '.join(json.dumps(each.text) for each in definition.require)}]  # {MARK}"
    if probed.call.still:
        yield f"not_differentiable: {{inputs: {_flow(sorted(probed.call.still))}}}  # {MARK}: no gradient came back"
    if definition.draws:
        yield f"random: {{draws: {_flow(definition.draws)}}}  # {MARK}: it was seen to draw"
    if probed.defaults:
        yield f"# Not varied: {', '.join(f'{name}={value}' for name, value in probed.defaults.items())}"


def _flow(words: Sequence[Any]) -> str:
    """A list of names as YAML."""
    return f"[{', '.join(word if isinstance(word, str) else _flow(word) for word in words)}]"


def _formulas(formula: Formula | None, path: str, probed: Probed) -> Iterator[str]:
    derived, reason = _derived(formula, probed)
    yield ""
    if formula is None:
        yield from _itself(path, probed)
    elif derived:
        yield f"forward: {json.dumps(formula.text)}  # {MARK}"
    else:
        yield f"# {MARK}: once a derivative is declared, write forward: {json.dumps(formula.text)}"
        yield f"equals: {{formula: {{expression: {json.dumps(formula.text)}}}}}"
    yield ""
    if derived:
        yield f"# {MARK}: by symbolic differentiation of forward; write it as people do."
        yield "derivative:"
        yield from (f"  {name}: {{{form}: {json.dumps(text)}}}" for name, (form, text) in derived.items())
    else:
        yield from _left_open(reason, probed)


def _itself(path: str, probed: Probed) -> Iterator[str]:
    """What holds the place of a formula, which a spec must have."""
    call = f"itself({probed.call.written})" + "[0]" * (len(probed.call.outputs(*probed.call.leaves)) > 1)
    yield f"# {MARK}: no formula is known. That an op equals itself says nothing: write forward in place of it."
    yield f"equals: {{itself: {{with: {{itself: {path}}}, expression: {json.dumps(call)}}}}}"


def _left_open(reason: str, probed: Probed) -> Iterator[str]:
    yield f"# {MARK}: no derivative is proposed: {reason}. Until it is declared,"
    yield "# gradsuite run holds the op's gradient against differences of its values alone. Declare it as"
    yield "# derivative:"
    yield from (
        f'#   {name}: {{vjp: "..."}}  # in {", ".join([*probed.call.inputs, "y"])} and ct' for name in _moving(probed)
    )


def _derived(formula: Formula | None, probed: Probed) -> tuple[dict[str, tuple[str, str]], str]:
    """A form and a formula for each input, or why there is none."""
    if formula is None:
        return {}, "the formula is not known (--forward gives one)"
    if not probed.elementwise:
        return {}, "the formula is not known to be elementwise"
    try:
        return {name: ("elementwise", derivative(formula, name)) for name in _moving(probed)}, ""
    except ValueError as reason:
        return {}, str(reason)


def _moving(probed: Probed) -> list[str]:
    """The inputs that are differentiated."""
    return [name for name in probed.call.inputs if name not in probed.definition.constant_inputs]


def _rest(probed: Probed) -> Iterator[str]:
    if _is_single(probed):
        yield from _kinks(probed)
    if probed.node:
        yield ""
        yield f"node: {probed.node}  # {MARK}"
        if not probed.atomic:
            yield f"atomic: false  # {MARK}: it is made of other functions"


def _kinks(probed: Probed) -> Iterator[str]:
    values, (name,) = _values(probed), probed.call.inputs
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
    return probed.elementwise and len(probed.call.inputs) == 1


def _inside(probed: Probed) -> float:
    (x,) = probed.call.inputs.values()
    return x.reshape(-1)[0].item()


def _values(probed: Probed) -> line.Values:
    return lambda x: probed.call.outputs(x)[0]

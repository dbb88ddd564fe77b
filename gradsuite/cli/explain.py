"""``gradsuite explain OP``: what is declared of an op, what is checked, and where each bound comes from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from textwrap import indent

import click

from gradsuite import checks as known_checks
from gradsuite.cli import waivers
from gradsuite.cli.meanings import MEANINGS
from gradsuite.cli.specs import load
from gradsuite.errors import SpecError
from gradsuite.plan import dtypes_of, plan, select
from gradsuite.spec.definition import Definition, Derivative, Spec
from gradsuite.spec.loader import SUFFIX
from gradsuite.spec.shapes import written


@click.command()
@click.argument("op")
@click.option("--specs", "paths", multiple=True, type=click.Path(path_type=Path), help="Where to look for its spec.")
def explain(op: str, paths: Sequence[Path]) -> int:
    """Explain OP (a short name, a dotted path or a glob): formula, domain, checks, bounds, waivers in force.

    Or the name of a check; or an outcome or a culprit as a report has it: "inconclusive", "double backward".
    """
    if told := MEANINGS.get(op) or (known_checks.describe(op) if op in known_checks.requestable() else ""):
        click.echo(f"{op}\n{indent(told, '  ')}")
        return 0
    specs, faults = load(paths)
    if own := [fault for fault in faults if Path(fault.path).name == f"{op}{SUFFIX}"]:
        raise SpecError(own)
    for spec in select(specs, [op]):
        click.echo("\n".join(_spec(spec)) + "\n")
    click.echo("\n".join(_checks()))
    return 0


def _spec(spec: Spec) -> Iterator[str]:
    yield f"{spec.name}: {spec.summary}"
    yield f"  op         {spec.op}"
    yield f"  spec       {spec.path}"
    yield f"  reference  {spec.reference}"
    yield f"  dtypes     {', '.join(dtypes_of(spec))}"
    for definition in spec.definitions:
        yield ""
        yield f"  variant {definition.name}" if definition.name else "  declared"
        yield from (f"    {line}" for line in _definition(definition))
        yield from (f"    {line}" for line in _applying(definition))
    yield from _waived(spec)


def _applying(definition: Definition) -> Iterator[str]:
    """Which checks have something to check here, and why the others have not."""
    reasons = {name: known_checks.get(name).needs(definition) for name in known_checks.requestable()}
    yield f"checks that apply: {', '.join(name for name, reason in reasons.items() if not reason)}"
    yield from (f"not {name}: {reason}" for name, reason in reasons.items() if reason)


def _waived(spec: Spec) -> Iterator[str]:
    """The waivers in force for the installed torch that cover a case of the spec, on the CPU."""
    in_force, _ = waivers.current()
    found = {waiver.case: waiver for case in plan([spec]) if (waiver := in_force.find(case.id)) is not None}
    for pattern, waiver in found.items():
        yield f"  waived     {pattern}: {waiver.reason} ({waiver.link})"


def _definition(definition: Definition) -> Iterator[str]:
    for name, given in definition.inputs.items():
        yield f"{name}: [{written(given.shape)}], {given.domain.text}{', optional' if given.optional else ''}"
    for name, values in definition.arguments.items():
        yield f"{name}: {' or '.join(map(repr, values))}"
    yield from (f"where {condition.text}" for condition in definition.require)
    yield from (f"let {name} = {formula.text}" for name, formula in definition.let.items())
    yield from (f"{name} = {formula.text}" for name, formula in definition.forward.items())
    if definition.surrogate:
        yield f"differentiated in place of it: {definition.surrogate.text}"
    yield from (f"d{name}: {_derivative(derivative)}" for name, derivative in definition.derivative.items())
    for kink in definition.kinks:
        held = ", ".join(f"d{name} = {formula.text}" for name, formula in kink.convention.items())
        yield f"kink where {kink.at.text} = 0{', held there: ' + held if held else ''}"
    yield from (f"equals {name}: {other.expression.text}" for name, other in definition.equals.items())
    yield from (
        f"identity {name}: {left.text} == {right.text}" for name, (left, right) in definition.identities.items()
    )
    for edge in definition.edge:
        expected = ", ".join(f"{'y' if name == 'y' else f'd{name}'} = {value}" for name, value in edge.expect.items())
        at = ", ".join(f"{name} = {value}" for name, value in edge.values.items())
        yield f"edge sample: {at}{f'; expected: {expected}' if expected else ''}"
    if definition.draws:
        yield f"draws at random: {', '.join(definition.draws)}"
    if constant := definition.constant_inputs | definition.constant_outputs:
        yield f"no gradient for {', '.join(sorted(constant))}"
    if definition.node:
        yield f"grad_fn is {definition.node}"


def _derivative(derivative: Derivative) -> str:
    along = "" if derivative.along is None else f" along {derivative.along}"
    return f"{derivative.form.value}{along}: {derivative.formula.text}"


def _checks() -> Iterator[str]:
    """Each check in its own words: they say which numbers are compared and from what their bound is derived."""
    yield "Checks, and where each bound comes from"
    for name in known_checks.requestable():
        yield ""
        yield f"  {name}"
        yield indent(known_checks.describe(name), "    ")

"""What must hold between the parts of a variant, beyond what each part says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gradsuite.spec import model
from gradsuite.spec.dotted import is_dotted
from gradsuite.spec.edge_rules import check_edges
from gradsuite.spec.faults import Faults
from gradsuite.spec.formula import Formula
from gradsuite.spec.known import known_name
from gradsuite.spec.names import Names
from gradsuite.spec.node import Where


def check(merged: model.Override, names: Names, formulas: Mapping[str, Formula], faults: Faults) -> None:
    """Every rule. ``formulas`` are the lets and outputs by name."""
    _check_cycles(formulas, names, faults)
    _check_coverage(merged, names, faults)
    _check_references(merged, names, faults)
    _check_calls(merged, names, faults)
    _check_arguments(merged, faults)
    check_edges(merged, names, faults)
    _check_functions(merged, faults)


def check_forms(where: Where, given: model.Derivative, forms: list[str], names: Names, faults: Faults) -> None:
    """A derivative has one form, and 'along' exactly with 'jacobian'."""
    if not forms and not faults.below(where):
        mend = "write one of elementwise, jacobian, gradient, reshuffle, vjp"
        faults.add(where, f"the derivative for {where[-1]!r} has no form", mend, key=True)
    if len(forms) > 1:
        what = f"the derivative for {where[-1]!r} is given in {len(forms)} forms: {', '.join(forms)}"
        faults.add((*where, forms[1]), what, "keep one", key=True)
    if forms[:1] == ["jacobian"] and given.along is None and not faults.below((*where, "along")):
        faults.add((*where, "jacobian"), "'jacobian' needs 'along'", "say which dimension i and j run over", key=True)
    if given.along is not None and forms and "jacobian" not in forms:
        faults.add((*where, "along"), "'along' belongs to 'jacobian'", f"remove it from {forms[0]!r}", key=True)
    if isinstance(given.along, str):
        known_name((*where, "along"), given.along, "argument", names.arguments, faults)


def _check_cycles(formulas: Mapping[str, Formula], names: Names, faults: Faults) -> None:
    for name in formulas:
        path = _cycle(name, formulas)
        if path and name == min(path):
            where: Where = ("let", name) if name in names.lets else _output_place(name, faults)
            faults.add(where, f"{name!r} needs its own value: {' -> '.join([*path, name])}", "break the circle")


def _output_place(name: str, faults: Faults) -> Where:
    mapped = ("forward", name)
    return mapped if faults.document.has(faults.origin(mapped)) else ("forward",)


def _cycle(start: str, formulas: Mapping[str, Formula]) -> list[str]:
    """The names on a way from ``start`` back to it, beginning there; empty if there is none."""
    todo, seen = [[start]], set[str]()
    while todo:
        path = todo.pop()
        for name in sorted(formulas[path[-1]].names & formulas.keys()):
            if name == start:
                return path
            if name not in seen:
                seen.add(name)
                todo.append([*path, name])
    return []


def _check_coverage(merged: model.Override, names: Names, faults: Faults) -> None:
    """Every differentiable input has a derivative; without 'forward', another composition must speak for the op."""
    if merged.forward is None and not merged.equals and not faults.below(("forward",)):
        where: Where = ("forward",) if faults.document.has(faults.origin(("forward",))) else ()
        faults.add(where, "neither 'forward' nor 'equals' says what the op computes", "give 'forward'")
    constant = set(merged.not_differentiable.outputs) if merged.not_differentiable else set()
    if (merged.forward is None and merged.equals) or constant >= names.outputs:
        return
    for name in merged.inputs:
        broken = faults.below(("derivative", name)) or faults.below(("inputs", name)) or faults.covered(("derivative",))
        if name in names.differentiable - merged.derivative.keys() and not broken:
            mend = f"add it to 'derivative', or {name!r} to 'not_differentiable: {{inputs: [...]}}'"
            faults.add(("inputs", name), f"no derivative is given for the input {name!r}", mend, key=True)


def _check_references(merged: model.Override, names: Names, faults: Faults) -> None:
    """Every name that refers to an input or output is one."""
    for where, name, kind in _references(merged):
        known = {"input": names.inputs, "output": names.outputs}.get(kind, names.inputs | names.outputs)
        known_name(where, name, kind, known, faults)
    for name in merged.derivative:
        if name in names.inputs - names.differentiable:
            what = f"the input {name!r} is not differentiable, yet has a derivative"
            faults.add(("derivative", name), what, "remove one of the two statements", key=True)


def _references(merged: model.Override) -> Iterator[tuple[Where, str, str]]:
    yield from ((("derivative", name), name, "input") for name in merged.derivative)
    for place, kink in enumerate(merged.kinks):
        yield from ((("kinks", place, "convention", name), name, "input") for name in kink.convention)
    if merged.inplace:
        yield from _listed(("inplace", "saves"), merged.inplace.saves or [], "input or output")
    if merged.not_differentiable:
        yield from _listed(("not_differentiable", "inputs"), merged.not_differentiable.inputs, "input")
        yield from _listed(("not_differentiable", "outputs"), merged.not_differentiable.outputs, "output")
    if merged.module:
        yield from _listed(("module", "parameters"), merged.module.parameters, "input")


def _listed(where: Where, names: list[str], kind: str) -> Iterator[tuple[Where, str, str]]:
    yield from (((*where, place), name, kind) for place, name in enumerate(names))


def _check_calls(merged: model.Override, names: Names, faults: Faults) -> None:
    """'call' names inputs and arguments, and leaves no input out but a module's parameters."""
    if merged.call is None or faults.below(("call",)):
        return
    passed = dict(_passed(("call",), merged.call))
    for where, name in passed.items():
        if isinstance(name, str):
            known_name(where, name, "input or argument", names.inputs | names.arguments, faults)
        else:
            faults.add(where, f"'call' lists names, not {name!r}", "declare it under 'arguments' and pass that name")
    held = set(merged.module.parameters) if merged.module else set()
    for name in sorted(names.inputs - held - set(passed.values())):
        faults.add(("call",), f"the input {name!r} is not passed", "name it in 'call'", key=True)


def _passed(where: Where, items: list[Any]) -> Iterator[tuple[Where, Any]]:
    for place, item in enumerate(items):
        if isinstance(item, list):
            yield from _passed((*where, place), item)
        else:
            yield (*where, place), tuple(item) if isinstance(item, dict) else item


def _check_arguments(merged: model.Override, faults: Faults) -> None:
    for name, alternatives in merged.arguments.items():
        if alternatives == []:
            what = f"the argument {name!r} has no alternatives"
            faults.add(("arguments", name), what, "list at least one; an empty list as a value is written [[]]")


def _check_functions(merged: model.Override, faults: Faults) -> None:
    """Functions of other compositions, and in-place variants, are dotted paths."""
    for name, each in merged.equals.items():
        for short, path in each.functions.items():
            where = ("equals", name, "with", short)
            _check_dotted(where, path, faults)
            if not short.isidentifier():
                faults.add(where, f"{short!r} is no name for a function", "use letters, digits and _", key=True)
    if merged.inplace and merged.inplace.op is not None:
        _check_dotted(("inplace", "op"), merged.inplace.op, faults)


def _check_dotted(where: Where, path: str, faults: Faults) -> None:
    if not is_dotted(path):
        faults.add(where, f"{path!r} is no dotted path", "write it as torch.exp or package.module:function")

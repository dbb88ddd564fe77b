"""A stand-alone reproducer of a sample: torch alone, exact values, prints what autograd says and what is true."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch

from gradsuite.arrays import is_plain, memory, same, unmarked
from gradsuite.numerics.estimate import Estimate
from gradsuite.results import Culprit
from gradsuite.routes.curvature import Curvature
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.memory import copied
from gradsuite.spec.definition import Module
from gradsuite.spec.formula import Formula, evaluate
from gradsuite.subject import TORCH, caller, resolve

HEAD = """\
import torch
from torch import inf, nan
{imports}
{setup}
ct = {cotangents}
"""

BACKWARD = """\
y = {call}
found = torch.autograd.grad({outputs}, {wanted}, ct, allow_unused=True)
print("autograd:", [None if g is None else g.tolist() for g in found])
print("{told}:", {truth})
"""

PAIRING = """

def pairing(left, right):
    wide = torch.complex128 if left[0].is_complex() else torch.float64
    return sum((a.to(wide).conj() * b.to(wide)).real.sum().item() for a, b in zip(left, right) if b is not None)


"""

FORWARD_MODE = """\
t = {tangents}
with torch.autograd.forward_ad.dual_level():
    {wanted} = [torch.autograd.forward_ad.make_dual(x.detach(), along) for x, along in zip({wanted}, t)]
    y = {call}
    moved = [torch.autograd.forward_ad.unpack_dual(each).tangent for each in {outputs}]
print("forward mode:", pairing(ct, moved))
print("{told}:", {truth})
"""

DOUBLE_BACKWARD = """\
t, w = {tangents}, {others}
y = {call}
first = torch.autograd.grad({outputs}, {wanted}, ct, create_graph=True, allow_unused=True)
slope = sum((along.conj() * g).real.sum() for along, g in zip(t, first) if g is not None)
second = torch.autograd.grad(slope, {wanted}, allow_unused=True)
print("double backward:", pairing(w, second))
print("{told}:", {truth})
"""


def reproducer(evidence: Evidence, *, op: str, culprit: Culprit = Culprit.BACKWARD) -> str:
    """The program, which shows what the culprit makes of the sample.

    An empty string where the op cannot be named, the sample cannot be run, or one derivative does not show it.
    """
    try:
        if not op or not _is_called_so(evidence, op):
            return ""
        if culprit is Culprit.JVP:
            return _of_forward_mode(evidence, op)
        if culprit is Culprit.DOUBLE_BACKWARD:
            return _of_double_backward(evidence, op)
        return _of_backward(evidence, op, culprit)
    except Exception:  # a reproducer is a courtesy: its absence must not hide the failure that it would show
        return ""


def _is_called_so(evidence: Evidence, op: str) -> bool:
    """Whether a plain call of ``op`` computes what was judged: it may have been called after something else."""
    if evidence.subject.random:
        return all(drawn.numel() for drawn in evidence.point.draws)  # what an operation draws inside is not known
    call = caller(resolve(op), evidence.subject.definition)
    with torch.no_grad():
        found = call({n: t if t is None else copied(t) for n, t in evidence.point.tensors.items()}, evidence.sample)
    return all(map(same, found, evidence.point.outputs))


def _of_backward(evidence: Evidence, op: str, culprit: Culprit) -> str:
    truth = f"[{', '.join(_listed(evidence.truth[name]) for name in evidence.point.names)}]"
    return _program(evidence, op, BACKWARD, truth=truth, told="declared" if culprit is Culprit.SPEC else "the truth")


def _of_forward_mode(evidence: Evidence, op: str) -> str:
    right = evidence.formula_vote or evidence.thorough.central
    if evidence.forward_vote.agrees(right):
        return ""
    tangents = _several(evidence.point.tangents)
    return _program(evidence, op, PAIRING + FORWARD_MODE, tangents=tangents, told="the truth", truth=right.value)


def _of_double_backward(evidence: Evidence, op: str) -> str:
    joint = Curvature(evidence)
    right = joint.truth or joint.right
    if not evidence.is_wide or Estimate(joint.value, joint.rounding).agrees(right):
        return ""
    t, w = _several(joint.t), _several(joint.w)
    body = PAIRING + DOUBLE_BACKWARD
    return _program(evidence, op, body, tangents=t, others=w, told="the truth", truth=right.value)


def _program(evidence: Evidence, op: str, body: str, **told: Any) -> str:
    point, many = evidence.point, len(evidence.point.outputs) > 1
    setup = [f"{name} = {_tensor(tensor, name in point.names)}" for name, tensor in point.tensors.items()]
    setup += [f"torch.manual_seed({evidence.sample.seed})"] if evidence.subject.random else []
    module = op.partition(":")[0] if ":" in op else op.rpartition(".")[0]
    return (HEAD + body).format(
        imports="" if module.partition(".")[0] == "torch" else f"import {module}\n",
        setup="\n".join(setup),
        cotangents="[" + ", ".join(_tensor(ct) for ct in point.cotangents) + "]",
        call=_call(evidence, op.replace(":", ".")),
        outputs="[" + ", ".join(f"y[{i}]" if many else "y" for i in point.selected) + "]",
        wanted="[" + ", ".join(point.names) + "]",
        **told,
    )


# How the op is called.


def _call(evidence: Evidence, op: str) -> str:
    definition, arguments = evidence.subject.definition, evidence.sample.arguments
    names = list(evidence.point.tensors)
    if definition is not None and definition.module is not None:
        return _built(evidence, op, definition.module)
    if definition is None or definition.call is None:
        return f"{op}({', '.join([*names, *_keywords(arguments)])})"
    used: set[str] = set()
    positional = [_word(word, arguments, used) for word in definition.call]
    rest = [f"{n}={arguments[n]!r}" if n in arguments else f"{n}={n}" for n in [*arguments, *names] if n not in used]
    return f"{op}({', '.join([*positional, *rest])})"


def _built(evidence: Evidence, op: str, module: Module) -> str:
    """A module, called with its parameters as inputs."""
    sample = evidence.sample
    scope = {**sample.symbols, **sample.arguments}
    given = {
        key: evaluate(value, scope, TORCH) if isinstance(value, Formula) else value
        for key, value in module.construct.items()
    }
    present = [name for name in module.parameters if sample.tensors[name] is not None]
    parameters = ", ".join(f'"{name}": {name}' for name in present)
    rest = "".join(f"{name}, " for name in sample.tensors if name not in module.parameters)
    return f"torch.func.functional_call({op}({', '.join(_keywords(given))}), {{{parameters}}}, ({rest}))"


def _keywords(given: Mapping[str, Any]) -> Iterator[str]:
    return (f"{name}={value!r}" for name, value in given.items())


def _word(word: Any, arguments: Any, used: set[str]) -> str:
    if not isinstance(word, str):
        return "[" + ", ".join(_word(inner, arguments, used) for inner in word) + "]"
    used.add(word)
    return repr(arguments[word]) if word in arguments else word


# Tensors.


def _several(tensors: Mapping[str, torch.Tensor]) -> str:
    return "[" + ", ".join(map(_tensor, tensors.values())) + "]"


def _tensor(tensor: torch.Tensor | None, requires_grad: bool = False) -> str:
    """An expression that builds the tensor with its exact values, laid out as it is, where it is."""
    if tensor is None:
        return "None"
    return _laid_out(tensor.detach()) + (".requires_grad_()" if requires_grad else "")


def _laid_out(tensor: torch.Tensor) -> str:
    if tensor.is_conj():
        return f"{_laid_out(tensor.conj())}.conj()"
    if tensor.is_neg():
        return f"torch._neg_view({_laid_out(unmarked(tensor))})"
    if not tensor.numel():
        return f"torch.empty({tuple(tensor.shape)}, {_kind(tensor)})"
    if is_plain(tensor):
        return _values(tensor)
    flat, offset = memory(tensor)
    return f"{_values(flat)}.as_strided({tuple(tensor.shape)}, {tensor.stride()}, {offset})"


def _values(tensor: torch.Tensor) -> str:
    if _has_no_literal(tensor):
        return f"torch.complex({_values(tensor.real)}, {_values(tensor.imag)})"
    return f"torch.tensor({tensor.tolist()!r}, {_kind(tensor)})"


def _listed(tensor: torch.Tensor) -> str:
    return f"{_values(tensor)}.tolist()" if _has_no_literal(tensor) else repr(tensor.tolist())


def _has_no_literal(tensor: torch.Tensor) -> bool:
    """Python reads no infj."""
    return tensor.is_complex() and not bool(torch.isfinite(tensor).all())


def _kind(tensor: torch.Tensor) -> str:
    where = "" if tensor.device.type == "cpu" else f', device="{tensor.device.type}"'
    return f"dtype={tensor.dtype}{where}"

"""A stand-alone reproducer of a sample: torch alone, exact values, prints what autograd says and what is true."""

from __future__ import annotations

from typing import Any

import torch

from gradsuite.routes.evidence import Evidence

WIDEST = 8  # times the elements of a tensor: a larger memory is not written out

LINES = """\
import torch
from torch import inf, nan

{setup}
y = {call}
ct = {cotangent}
found = torch.autograd.grad({output}, [{wanted}], ct, allow_unused=True)
print("autograd:", [None if g is None else g.tolist() for g in found])
{expected}"""


def reproducer(evidence: Evidence, *, op: str) -> str:
    """The program, or an empty string where the op cannot be named or the sample cannot be run."""
    try:
        return _program(evidence, op)
    except Exception:  # a reproducer is a courtesy: its absence must not hide the failure that it would show
        return ""


def _program(evidence: Evidence, op: str) -> str:
    point, definition = evidence.point, evidence.subject.definition
    if not op or (definition is not None and (definition.module or definition.draws)):
        return ""
    setup = [f"{name} = {_tensor(tensor, name in point.names)}" for name, tensor in point.tensors.items()]
    module = op.partition(":")[0].rpartition(".")[0] if ":" not in op else op.partition(":")[0]
    if module.partition(".")[0] != "torch":
        setup.insert(0, f"import {module}")
    many = len(point.outputs) > 1
    return LINES.format(
        setup="\n".join(setup),
        call=_call(evidence, op.replace(":", ".")),
        cotangent="[" + ", ".join(_tensor(ct, False) for ct in point.cotangents) + "]",
        output="[" + ", ".join(f"y[{i}]" if many else "y" for i in point.selected) + "]",
        wanted=", ".join(point.names),
        expected=f'print("the truth:", {[evidence.truth[name].tolist() for name in point.names]})\n',
    )


def _call(evidence: Evidence, op: str) -> str:
    definition, arguments = evidence.subject.definition, evidence.sample.arguments
    names = list(evidence.point.tensors)
    if definition is None or definition.call is None:
        return f"{op}({', '.join([*names, *(f'{k}={v!r}' for k, v in arguments.items())])})"
    used: set[str] = set()
    positional = [_word(word, arguments, used) for word in definition.call]
    rest = [f"{n}={arguments[n]!r}" if n in arguments else f"{n}={n}" for n in [*arguments, *names] if n not in used]
    return f"{op}({', '.join([*positional, *rest])})"


def _word(word: Any, arguments: Any, used: set[str]) -> str:
    if not isinstance(word, str):
        return "[" + ", ".join(_word(inner, arguments, used) for inner in word) + "]"
    used.add(word)
    return repr(arguments[word]) if word in arguments else word


def _tensor(tensor: torch.Tensor | None, requires_grad: bool) -> str:
    """An expression that builds the tensor with its exact values, laid out as it is."""
    if tensor is None:
        return "None"
    return _laid_out(tensor.detach().cpu()) + (".requires_grad_()" if requires_grad else "")


def _laid_out(plain: torch.Tensor) -> str:
    if plain.is_conj():
        return f"{_laid_out(plain.conj())}.conj()"
    if plain.is_neg():
        return f"torch._neg_view({_laid_out(torch._neg_view(plain))})"
    if plain.numel() == 0:
        return f"torch.empty({tuple(plain.shape)}, dtype={plain.dtype})"
    if plain.is_contiguous() and not plain.storage_offset():
        return _values(plain)
    strides = f"{tuple(plain.shape)}, {plain.stride()}"
    memory = torch.empty(0, dtype=plain.dtype).set_(plain.untyped_storage())
    if len(memory) <= WIDEST * plain.numel():
        return f"{_values(memory)}.as_strided({strides}, {plain.storage_offset()})"
    return f"torch.empty_strided({strides}, dtype={plain.dtype}).copy_({_values(plain)})"


def _values(plain: torch.Tensor) -> str:
    return f"torch.tensor({plain.tolist()!r}, dtype={plain.dtype})"

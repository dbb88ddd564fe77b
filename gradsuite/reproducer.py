"""A stand-alone reproducer of a sample: torch alone, exact values, prints what autograd says and what is true."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import torch

from gradsuite import jacobian, modules
from gradsuite.arrays import is_plain, memory, same, tensor, unmarked
from gradsuite.flight import FLIGHT, OutOfTime
from gradsuite.numerics.estimate import Estimate
from gradsuite.results import Culprit, Origin
from gradsuite.results import Module as ModuleRecord
from gradsuite.routes.curvature import Curvature
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.memory import copied
from gradsuite.sample import Sample
from gradsuite.spec.definition import Definition, Module
from gradsuite.spec.formula import Formula, evaluate
from gradsuite.subject import TORCH, Tensors, caller, resolve

LONGEST = 10.0  # seconds for differences of every element
NUMBERS = 512  # of a module, at most, that a program writes down
HEAD = """\
import torch
from torch import inf, nan
{imports}
{setup}
"""

MODULE = """\
the_op, numbers = {built}, {numbers}
for name, held in (*the_op.named_parameters(), *the_op.named_buffers()):
    held.data = numbers[name]
for name, part in the_op.named_modules():
    part.training = name in {training}"""

RAISES = """\
y = {call}
outputs = [each for each in (y if isinstance(y, (tuple, list)) else [y]) if each.requires_grad]
torch.autograd.grad(outputs, {wanted}, [torch.ones_like(each) for each in outputs], allow_unused=True)
"""

ENDED = "# The case ended at this sample: {reason}. Whether a plain call and its backward end so is not known.\n"

COTANGENTS = """\
ct = {cotangents}
"""

BACKWARD = """\
y = {call}
found = torch.autograd.grad({outputs}, {wanted}, ct, allow_unused=True)
print("autograd:", [None if g is None else g.tolist() for g in found])
"""

TOLD = """\
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
"""

DOUBLE_BACKWARD = """\
t, w = {tangents}, {others}
y = {call}
first = torch.autograd.grad({outputs}, {wanted}, ct, create_graph=True, allow_unused=True)
slope = sum((along.conj() * g).real.sum() for along, g in zip(t, first) if g is not None)
second = torch.autograd.grad(slope, {wanted}, allow_unused=True)
print("double backward:", pairing(w, second))
"""


@dataclass(frozen=True)
class Op:
    """How a program comes by the op: by its path; of a module its numbers are known, too."""

    path: str
    module: ModuleRecord | None = None

    @classmethod
    def of(cls, path: str, origin: Origin | None) -> Op:
        """That at ``path``, or the module that its class builds, as ``origin`` says."""
        module = origin.declared.module if origin and origin.declared else None
        return cls(path or (module.built if module else ""), module)

    @property
    def can_be_written(self) -> bool:
        """Whether there is a path, and a module's numbers are few."""
        if self.module is None:
            return bool(self.path)
        few = sum(math.prod(each.shape) for each in self.module.numbers) <= NUMBERS
        return bool(self.path) and few and not self.module.left_out

    def found(self, device: torch.device) -> Any:
        """The op itself, here."""
        found = resolve(self.path)
        return found if self.module is None else modules.again(self.module, found, self.path, device)

    @property
    def name(self) -> str:
        """What a program calls."""
        return self.path.replace(":", ".") if self.module is None else "the_op"

    @property
    def imports(self) -> str:
        """The line that imports it, if torch is not all that it needs."""
        module = self.path.partition(":")[0] if ":" in self.path else self.path.rpartition(".")[0]
        of_torch = module.partition(".")[0] == "torch"
        return "" if of_torch else f"import {module}  # the project's: it must be where Python looks for it\n"

    def built(self, device: torch.device) -> list[str]:
        """The lines that put its numbers into a module."""
        if self.module is None:
            return []
        numbers = (f"{each.name!r}: {_tensor(tensor(each, device))}" for each in self.module.numbers)
        called = "()" if self.path == self.module.built else ""
        built = self.path.replace(":", ".") + called
        told = {"built": built, "numbers": f"{{{', '.join(numbers)}}}", "training": self.module.training}
        return [MODULE.format(**told)]


def reproducer(evidence: Evidence, *, op: Op, culprit: Culprit = Culprit.BACKWARD) -> str:
    """The program, which shows what the culprit makes of the sample.

    An empty string where the op cannot be named, the sample cannot be run, or one derivative does not show it.
    """
    try:
        if not op.can_be_written or not _is_called_so(evidence, op):
            return ""
        if culprit is Culprit.JVP:
            return _of_forward_mode(evidence, op)
        if culprit is Culprit.DOUBLE_BACKWARD:
            return _of_double_backward(evidence, op)
        return _of_backward(evidence, op, culprit)
    except Exception:  # a reproducer is a courtesy: its absence must not hide the failure that it would show
        return ""


def of_error(sample: Sample, definition: Definition | None, *, op: Op, random: bool, reason: str, tried: bool) -> str:
    """The program that calls the op and its backward at the sample at which a case ended, for this ``reason``.

    ``tried``: whether it is tried here that they raise what the reason says; else the program says that it is not
    known. An empty string where they do not, or the op cannot be named.
    """
    try:
        if not op.can_be_written or (tried and not _raises(sample, definition, op, reason)):
            return ""
        names = "[" + ", ".join(sample.differentiable) + "]"
        body = RAISES.format(call=_call(sample, definition, op), wanted=names)
        program = _head(sample, sample.tensors, sample.differentiable, op, random) + body
        ast.parse(program)  # an argument may be something that no literal writes
        return program if tried else ENDED.format(reason=" ".join(reason.split())) + program
    except Exception:  # as above
        return ""


def _raises(sample: Sample, definition: Definition | None, op: Op, reason: str) -> bool:
    """Whether a plain call and its backward do here what the program does: raise what the ``reason`` says."""
    leaves = {name: t if t is None else copied(t) for name, t in sample.tensors.items()}
    wanted = [t.requires_grad_() for name, t in leaves.items() if t is not None and name in sample.differentiable]
    try:
        found = [y for y in caller(op.found(_device(sample)), definition)(leaves, sample) if y.requires_grad]
        torch.autograd.grad(found, wanted, [torch.ones_like(y) for y in found], allow_unused=True)
    except Exception as error:
        return in_words(error) == reason
    return False


def in_words(error: Exception) -> str:
    """What was raised, in one line."""
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"


def _device(sample: Sample) -> torch.device:
    return next((t.device for t in sample.tensors.values() if t is not None), torch.device("cpu"))


def _is_called_so(evidence: Evidence, op: Op) -> bool:
    """Whether a plain call of ``op`` computes what was judged: it may have been called after something else."""
    if evidence.subject.random:
        return all(drawn.numel() for drawn in evidence.point.draws)  # what an operation draws inside is not known
    call = caller(op.found(_device(evidence.sample)), evidence.subject.definition)
    with torch.no_grad():
        found = call({n: t if t is None else copied(t) for n, t in evidence.point.tensors.items()}, evidence.sample)
    return all(map(same, found, evidence.point.outputs))


def _of_backward(evidence: Evidence, op: Op, culprit: Culprit) -> str:
    told, right = ("declared" if culprit is Culprit.SPEC else "the truth"), evidence.truth
    if evidence.formula is None and _is_wrong_in_float64(evidence):
        told, right = "differences", _by_differences(evidence)
    if not right:
        return _program(evidence, op, BACKWARD)
    truth = f"[{', '.join(_listed(right[name]) for name in evidence.point.names)}]"
    return _program(evidence, op, BACKWARD + TOLD, truth=truth, told=told)


def _is_wrong_in_float64(evidence: Evidence) -> bool:
    """Whether reverse mode in float64 is no witness, either."""
    return evidence.is_wide or not evidence.reference_vote.agrees(evidence.thorough.central)


def _by_differences(evidence: Evidence) -> dict[str, torch.Tensor]:
    """The gradients by differences, in as many digits as they are good for; none of what is large or slow."""
    point = evidence.point
    if sum(point.primal(name).numel() for name in point.names) > jacobian.LIMIT:
        return {}
    with suppress(OutOfTime), FLIGHT.within(LONGEST):
        found = {name: jacobian.gradient_by_differences(evidence, name) for name in point.names}
        return {name: _rounded(gradient) for name, gradient in found.items()}
    return {}


def _rounded(tensor: torch.Tensor) -> torch.Tensor:
    """To eight digits."""
    if tensor.is_complex():
        return torch.view_as_complex(_rounded(torch.view_as_real(tensor)))
    rounded = [float(f"{x:.8g}") for x in tensor.reshape(-1).tolist()]
    return torch.tensor(rounded, dtype=tensor.dtype).reshape(tensor.shape)


def _of_forward_mode(evidence: Evidence, op: Op) -> str:
    right = evidence.formula_vote or evidence.thorough.central
    if evidence.forward_vote.agrees(right):
        return ""
    tangents = _several(evidence.point.tangents)
    return _program(evidence, op, PAIRING + FORWARD_MODE + TOLD, tangents=tangents, told="the truth", truth=right.value)


def _of_double_backward(evidence: Evidence, op: Op) -> str:
    joint = Curvature(evidence)
    right = joint.truth or joint.right
    if not evidence.is_wide or Estimate(joint.value, joint.rounding).agrees(right):
        return ""
    t, w = _several(joint.t), _several(joint.w)
    body = PAIRING + DOUBLE_BACKWARD + TOLD
    return _program(evidence, op, body, tangents=t, others=w, told="the truth", truth=right.value)


def _program(evidence: Evidence, op: Op, body: str, **told: Any) -> str:
    point, many = evidence.point, len(evidence.point.outputs) > 1
    return _head(evidence.sample, point.tensors, point.names, op, evidence.subject.random) + (COTANGENTS + body).format(
        cotangents="[" + ", ".join(_tensor(ct) for ct in point.cotangents) + "]",
        call=_call(evidence.sample, evidence.subject.definition, op),
        outputs="[" + ", ".join(f"y[{i}]" if many else "y" for i in point.selected) + "]",
        wanted="[" + ", ".join(point.names) + "]",
        **told,
    )


def _head(sample: Sample, tensors: Tensors, moving: Sequence[str], op: Op, random: bool) -> str:
    setup = [*op.built(_device(sample)), *(f"{name} = {_tensor(t, name in moving)}" for name, t in tensors.items())]
    setup += [f"torch.manual_seed({sample.seed})"] if random else []
    return HEAD.format(imports=op.imports, setup="\n".join(setup))


# How the op is called.


def _call(sample: Sample, definition: Definition | None, op: Op) -> str:
    arguments, names = sample.arguments, list(sample.tensors)
    if definition is not None and definition.module is not None:
        return _built(sample, op, definition.module)
    if definition is None or definition.call is None:
        return f"{op.name}({', '.join([*names, *_keywords(arguments)])})"
    used: set[str] = set()
    positional = [_word(word, arguments, used) for word in definition.call]
    rest = [f"{n}={arguments[n]!r}" if n in arguments else f"{n}={n}" for n in [*arguments, *names] if n not in used]
    return f"{op.name}({', '.join([*positional, *rest])})"


def _built(sample: Sample, op: Op, module: Module) -> str:
    """A module, called with its parameters as inputs."""
    scope = {**sample.symbols, **sample.arguments}
    given = {
        key: evaluate(value, scope, TORCH) if isinstance(value, Formula) else value
        for key, value in module.construct.items()
    }
    present = [name for name in module.parameters if sample.tensors[name] is not None]
    parameters = ", ".join(f'"{name}": {name}' for name in present)
    rest = "".join(f"{name}, " for name in sample.tensors if name not in module.parameters)
    return f"torch.func.functional_call({op.name}({', '.join(_keywords(given))}), {{{parameters}}}, ({rest}))"


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

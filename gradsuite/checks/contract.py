"""What the backward itself returns is what its inputs need: count, shape, dtype, device, and None where it may be.

The engine mends a gradient that broadcasts or has another dtype, and takes None for zeros, without a word. So each
custom Function's backward is overheard before that: a gradient for every input, of the input's shape, dtype and device;
None only where the gradient is zero, as differences of the op say. A gradient for an input that needs none is thrown
away, and is no fault. Other nodes are called by hand where they lie next to an input; they may leave it to the engine
to sum a gradient back over what was broadcast, as torch's own do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch

from gradsuite.comparison import Check, Comparison
from gradsuite.errors import Unsupported
from gradsuite.numerics.estimate import Agreement
from gradsuite.results import Culprit
from gradsuite.routes import raw
from gradsuite.routes.elementwise import match
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.localise import locate
from gradsuite.routes.raw import Overheard, Slot


def compare(evidence: Evidence) -> Iterator[Comparison]:
    """One comparison for each gradient that is returned to an input that needs one."""
    point = evidence.unshielded
    if not point.selected:
        raise Unsupported("no output carries a gradient")
    overheard = raw.overheard(point)
    if overheard.refusal:
        yield from _refused(overheard)
        return
    slots = [*overheard.slots, *raw.by_hand(point)]
    if not slots:
        raise Unsupported("there is no custom Function, and no node next to an input")
    for slot in slots:
        fault = _fault(slot, mends=slot.function not in overheard.functions)
        yield _none(evidence, slot) if slot.came is None else _judged(slot, fault)


def _refused(overheard: Overheard) -> Iterator[Comparison]:
    """The slot that the engine does not take, or its own words."""
    faults = [(slot, fault) for slot in overheard.slots if (fault := _fault(slot, mends=False))]
    if faults:
        slot, fault = faults[-1]
        yield _judged(slot, replace(fault, engine="refuses it"))
        return
    function = overheard.functions[-1]
    sentence = f"the backward is wrong: the engine refuses what it returns: {overheard.refusal}"
    yield Comparison(f"what {function} returns", Agreement.DISAGREE, Culprit.BACKWARD, sentence, shown=_nowhere)


@dataclass(frozen=True)
class Fault:
    """What the input is, what came for it, and what the engine makes of that."""

    expected: str
    got: str
    engine: str


def _fault(slot: Slot, *, mends: bool) -> Fault | None:
    came = slot.came
    if came is None:
        return None
    if not isinstance(came, torch.Tensor):
        return Fault("a tensor", f"a {type(came).__name__}", "refuses it")
    shape = tuple(came.shape)
    if shape != slot.shape and not (mends and _reaches(shape, slot.shape)):
        return Fault(str(list(slot.shape)), str(list(shape)), "sums it back in silence")
    if came.dtype != slot.dtype:
        return Fault(_short(slot.dtype), _short(came.dtype), "casts it in silence")
    if came.device != slot.device:
        return Fault(f"on {slot.device}", f"one on {came.device}", "moves it in silence")
    return None


def _reaches(shape: tuple[int, ...], own: tuple[int, ...]) -> bool:
    """Whether ``own`` broadcasts to ``shape``, so that the engine can sum back to it."""
    pairs = zip(reversed(own), reversed(shape), strict=False)
    return len(own) <= len(shape) and all(size in (1, large) for size, large in pairs)


def _judged(slot: Slot, fault: Fault | None) -> Comparison:
    if fault is None:
        return Comparison(_title(slot), Agreement.AGREE)
    told = f"for {_owner(slot)}, which is {fault.expected}, it returns {fault.got}; the engine {fault.engine}"
    return Comparison(
        _title(slot), Agreement.DISAGREE, Culprit.BACKWARD, f"the backward is wrong: {told}",
        got=fault.got, expected=fault.expected, shown=_nowhere,
    )  # fmt: skip


def _nowhere() -> None:
    """The engine's result shows nothing of it."""


def _title(slot: Slot) -> str:
    return f"gradient of {_owner(slot)} as {slot.function} returns it"


def _owner(slot: Slot) -> str:
    return slot.name or f"argument {slot.place}"


def _none(evidence: Evidence, slot: Slot) -> Comparison:
    """None is right where the gradient of the op's input, with what came another way, is right."""
    title = _title(slot)
    if slot.name is None:
        return Comparison(title, Agreement.INCONCLUSIVE, sentence="None for a value inside the op: its inputs tell")
    agreement = _gradient(evidence, slot.name)
    if agreement is not Agreement.DISAGREE:
        return Comparison(title, agreement, sentence="the bars are too wide to say whether None is right")
    sentence = f"the backward is wrong: it returns None for {slot.name}, whose gradient is not zero"
    return Comparison(title, agreement, Culprit.BACKWARD, sentence, got="None", expected="a gradient")


def _gradient(evidence: Evidence, name: str) -> Agreement:
    """Whether autograd's gradient of ``name`` is right, by the declared formula or by differences."""
    if evidence.formula is None:
        return locate(evidence, name).agreement
    natural = evidence.natural
    bound = natural.errors[f"gradient {name}"]
    return match(evidence.gradients[name], evidence.truth[name], bound, overflows=natural.overflows).agreement


def _short(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


CHECK = Check(compare)

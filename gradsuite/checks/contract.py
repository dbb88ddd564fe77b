"""What the backward itself returns is what its inputs need: count, shape, dtype, device, and None where it may be.

The engine mends a gradient that broadcasts or has another dtype, and takes None for zeros, without a word. So each
custom Function's backward is overheard before that. A gradient for every input must come, of the input's shape, dtype
and device; None only where the gradient is zero. This is asked where shapes and dtypes are the author's own (a spec, or
the example itself, as for its shape); elsewhere what is mended and then right, by the formula or by differences, passes
with a note. A gradient for an input that needs none is thrown away, and is no fault. Other nodes are called by hand
where they lie next to an input; they may leave it to the engine to sum over what was broadcast, as torch's own do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gradsuite.comparison import Check, Comparison
from gradsuite.errors import Unsupported
from gradsuite.numerics.estimate import Agreement
from gradsuite.results import Culprit
from gradsuite.routes import raw
from gradsuite.routes.elementwise import match
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.localise import locate
from gradsuite.routes.raw import Fault, Overheard, Slot


def compare(evidence: Evidence) -> Iterator[Comparison]:
    """One comparison for each gradient that is returned to an input that needs one."""
    point = evidence.unshielded
    if not point.selected:
        raise Unsupported("no output carries a gradient")
    overheard = raw.overheard(point)
    if overheard.refusal:
        yield _refused(overheard)
        return
    slots = [*overheard.slots, *raw.by_hand(point)]
    if not slots:
        raise Unsupported("there is no custom Function, and no node next to an input")
    yield from (_judge(evidence, slot) for slot in slots)


def _refused(overheard: Overheard) -> Comparison:
    """The slot that the engine does not take, or its own words."""
    for slot in reversed(overheard.slots):
        if fault := raw.fault(slot):
            return _wrong(slot, replace(fault, engine="refuses it"))
    function = overheard.functions[-1]
    sentence = f"the backward is wrong: the engine refuses what it returns: {overheard.refusal}"
    return Comparison(f"what {function} returns", Agreement.DISAGREE, Culprit.BACKWARD, sentence, shown=_nowhere)


def _judge(evidence: Evidence, slot: Slot) -> Comparison:
    if slot.came is None:
        return _none(evidence, slot)
    fault = raw.fault(slot)
    if fault is None or (fault.what == "shape" and not slot.custom):
        return Comparison(_title(slot), Agreement.AGREE)
    agreement = Agreement.DISAGREE if _is_owed(evidence, fault) else _gradient(evidence, slot)
    if agreement is Agreement.DISAGREE:
        return _wrong(slot, fault)
    sentence = f"for {_owner(slot)}, which is {fault.expected}, {slot.function} returns {fault.got}"
    return Comparison(_title(slot), agreement, sentence=sentence, note=f"{sentence}; the engine {fault.engine}")


def _is_owed(evidence: Evidence, fault: Fault) -> bool:
    """Whether the author said that the op takes such shapes and dtypes."""
    definition = evidence.subject.definition
    declared = definition is not None and bool(definition.forward or definition.derivative)
    return declared or (fault.what == "shape" and evidence.sample.profile == "example")


def _wrong(slot: Slot, fault: Fault) -> Comparison:
    told = f"for {_owner(slot)}, which is {fault.expected}, it returns {fault.got}; the engine {fault.engine}"
    return Comparison(
        _title(slot), Agreement.DISAGREE, Culprit.BACKWARD, f"the backward is wrong: {told}",
        got=fault.got, expected=fault.expected, shown=_nowhere,
    )  # fmt: skip


def _nowhere() -> None:
    """What the engine makes of it does not show it."""


def _none(evidence: Evidence, slot: Slot) -> Comparison:
    """None is right where the gradient of the op's input, with what came another way, is right."""
    agreement = _gradient(evidence, slot)
    if agreement is not Agreement.DISAGREE:
        return Comparison(_title(slot), agreement, sentence="nothing tells whether None is right")
    sentence = f"the backward is wrong: it returns None for {slot.name}, whose gradient is not zero"
    return Comparison(_title(slot), agreement, Culprit.BACKWARD, sentence, got="None", expected="a gradient")


def _gradient(evidence: Evidence, slot: Slot) -> Agreement:
    """Whether autograd's gradient of the op's input is right, by the declared formula or by differences."""
    if slot.name is None:
        return Agreement.INCONCLUSIVE  # a value inside the op: the gradients of its inputs tell
    if evidence.formula is None:
        return locate(evidence, slot.name).agreement
    natural = evidence.natural
    bound, truth = natural.errors[f"gradient {slot.name}"], evidence.truth[slot.name]
    return match(evidence.gradients[slot.name], truth, bound, overflows=natural.overflows).agreement


def _title(slot: Slot) -> str:
    return f"gradient of {_owner(slot)} as {slot.function} returns it"


def _owner(slot: Slot) -> str:
    return slot.name or f"argument {slot.place}"


CHECK = Check(compare, compares_calls=False)

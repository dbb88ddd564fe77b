"""The sentences of a page: what a derivative of each form means, and names put into words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from gradsuite.spec.definition import Definition, Derivative, Form, Inplace

_MEANING = {
    Form.ELEMENTWISE: (
        "Each {y} depends on {x} in its own place alone, and this is the slope there. The backward multiplies the "
        "cotangent by it."
    ),
    Form.JACOBIAN: (
        "Along {along}, every entry of {x} moves every entry of {y}, and this is how fast. The backward weighs each "
        "row of this matrix with the cotangent and adds up."
    ),
    Form.GRADIENT: "{y} is a single number, and this is how fast it grows with each entry of {x}.",
    Form.RESHUFFLE: (
        "Values of {x} are moved and not computed with, so the cotangent goes back the way they came: bit for bit, "
        "without any rounding."
    ),
    Form.VJP: (
        "Take a weight on each entry of {y}, the cotangent ct: this is the weight that falls on each entry of {x}."
    ),
}
_STRETCHED = " Where {x} was stretched to fit, what comes back is summed."


def meaning(definition: Definition, names: Sequence[str], derivative: Derivative) -> str:
    """What derivatives of one form say for the inputs ``names``, in a sentence or two."""
    y = joined(definition.forward) or "y"
    along = f"the dimension {derivative.along}" if isinstance(derivative.along, int) else derivative.along
    stretched = [name for name in names if any(axis.broadcast for axis in definition.inputs[name].shape)]
    first = _MEANING[derivative.form].format(x=joined(names), y=y, along=along)
    return first + (_STRETCHED.format(x=joined(stretched, "or")) if stretched else "")


def spoken(name: str) -> str:
    """``gradient_sums_to_zero`` as a person says it."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def joined(names: Iterable[str], last: str = "and") -> str:
    """``a, b and c``."""
    *others, end = list(names) or [""]
    return f"{', '.join(others)} {last} {end}" if others else end


def in_the_graph(definition: Definition) -> Iterator[str]:
    """What autograd makes of the op, as the spec declares it."""
    if definition.node:
        whose = "one node of its own" if definition.atomic else "the last node of several"
        yield f"The result is made by {definition.node}: {whose}."
    elif not definition.atomic:
        yield "A composite: autograd sees the ops it is made of."
    if definition.inplace:
        yield from _overwriting(definition.inplace)
    if definition.draws:
        yield f"It draws {joined(definition.draws)} at random; the draw is held fixed while it is differentiated."
    if constant := sorted(definition.declared_constants | definition.constant_outputs):
        yield f"No gradient for {joined(constant)}."


def _overwriting(inplace: Inplace) -> Iterator[str]:
    if inplace.saves is not None:
        kept = f"{joined(inplace.saves)}, and nothing else" if inplace.saves else "none of its values"
        refused = ": overwriting what it keeps is refused." if inplace.saves else ": all may be overwritten."
        yield f"The backward keeps {kept}{refused}"
    if inplace.op:
        yield f"In place it is {inplace.op}{', which autograd must refuse here' if inplace.refused else ''}."

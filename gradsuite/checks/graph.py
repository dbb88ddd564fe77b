"""The autograd graph is what the spec says: the result's node, atomic or composite, and who carries a gradient.

``node`` names the result's grad_fn. An atomic op has one node of its own between its result and the inputs; a composite
has several. Inputs and outputs declared not differentiable carry no gradient.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch

from gradsuite.comparison import Check, Comparison
from gradsuite.numerics.estimate import Agreement
from gradsuite.results import Culprit
from gradsuite.routes.evidence import Evidence
from gradsuite.spec.definition import Definition


def compare(evidence: Evidence) -> Iterator[Comparison]:
    """One comparison for each fact that is declared."""
    definition = evidence.subject.definition
    assert definition is not None
    outputs = evidence.unshielded.graph[1]
    yield from _outputs(evidence, definition, outputs)
    yield from _inputs(evidence, definition)
    carrying = [output for output in outputs if output.requires_grad]
    if definition.node is not None and carrying:
        name = carrying[0].grad_fn.name()  # type: ignore[union-attr]
        yield _fact("node of the result", definition.node, name)
        kind = "atomic" if _is_atomic(carrying[0].grad_fn) else "composite"
        yield _fact("atomic or composite", "atomic" if definition.atomic else "composite", kind)


def _outputs(evidence: Evidence, definition: Definition, outputs: tuple[torch.Tensor, ...]) -> Iterator[Comparison]:
    names = list(definition.forward) or ["y"]
    for place, (name, output) in enumerate(zip(names, outputs, strict=False)):
        found = "a gradient" if output.requires_grad else "no gradient"
        if name in definition.constant_outputs:
            yield _fact(f"output {name} carries", "no gradient", found)
        elif not output.requires_grad and not definition.forward and _stays(evidence, place):
            continue  # nobody says that it depends on the inputs, and it does not show
        elif not output.requires_grad:
            sentence = (
                f"the backward is missing: no gradient comes back from output {name}, which depends on the inputs"
            )
            yield Comparison(f"output {name} carries", Agreement.DISAGREE, Culprit.BACKWARD, sentence, got=found)
        else:
            yield Comparison(f"output {name} carries", Agreement.AGREE)


def _stays(evidence: Evidence, place: int) -> bool:
    """Whether an output holds whole numbers, or the same values for other inputs nearby."""
    point = evidence.unshielded
    here, nearby = point.outputs[place], point.call(point.nearby)[place]
    return not (here.is_floating_point() or here.is_complex()) or torch.equal(here, nearby)


def _inputs(evidence: Evidence, definition: Definition) -> Iterator[Comparison]:
    """An input declared not differentiable gets no gradient, also where it is made to require one."""
    for name in sorted(definition.declared_constants):
        tensor = evidence.point.tensors.get(name)
        if tensor is not None and (tensor.is_floating_point() or tensor.is_complex()):
            found = "a gradient" if _gets_gradient(evidence, name, tensor) else "no gradient"
            yield _fact(f"input {name} gets", "no gradient", found)


def _gets_gradient(evidence: Evidence, name: str, tensor: torch.Tensor) -> bool:
    leaf = tensor.detach().clone().requires_grad_()
    try:
        outputs = [o for o in evidence.point.call({**evidence.point.tensors, name: leaf}) if o.requires_grad]
        return bool(outputs) and torch.autograd.grad([o.sum() for o in outputs], leaf, allow_unused=True)[0] is not None
    except RuntimeError:  # refused: there is no derivative for this input
        return False


def _is_atomic(node: object) -> bool:
    """Whether every path from ``node`` ends at once in leaves."""
    below = [child for child, _ in node.next_functions if child is not None]  # type: ignore[attr-defined]
    return all(hasattr(child, "variable") for child in below)


def _fact(name: str, declared: str, found: str) -> Comparison:
    if declared == found:
        return Comparison(name, Agreement.AGREE)
    sentence = f"the spec says {declared}, autograd says {found}"
    return Comparison(name, Agreement.DISAGREE, Culprit.SPEC, sentence, got=found, expected=declared)


def _needs(definition: Definition | None) -> str:
    return "" if definition is not None else "no graph is declared"


CHECK = Check(compare, needs=_needs, samples="first", compares_calls=False)

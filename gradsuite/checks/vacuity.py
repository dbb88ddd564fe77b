"""The checks would notice a wrong gradient.

The op's own gradient is spoilt on purpose, input by input: zero, negated, 1.001 times too large, rolled, zero in its
last entry, there for positive cotangents only, transposed where that fits, not summed over an axis that was broadcast.
Each such mutant is put before the checks ``reverse`` and ``cotangent_linearity``, with their own bounds; one that is
the gradient itself, within its natural error, is none. A spec must have a sample at which a gradient of zero is
noticed, for each input: without one, what the other checks say of that input means nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch

from gradsuite import checks
from gradsuite.comparison import Check, Comparison, Figures
from gradsuite.errors import Unsupported
from gradsuite.numerics.estimate import Agreement
from gradsuite.numerics.precision import widen
from gradsuite.results import Culprit
from gradsuite.routes.elementwise import match
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.mutants import Mutant, mutants

JUDGES = ("reverse", "cotangent_linearity")


def compare(evidence: Evidence) -> Iterator[Comparison]:
    """One comparison for each input: whether its mutants are noticed at this sample."""
    if not evidence.is_wide:
        raise Unsupported("mutants are put before the checks in float64 and complex128 alone")
    if not evidence.point.names and _has_gradient(evidence):
        yield _blind(evidence, "mutants", "no input is differentiated, though the op has a gradient", {})
        return
    noticed = dict(_tried(evidence))
    if not noticed and any(evidence.point.primal(name).numel() for name in evidence.point.names):
        raise Unsupported("the gradient is zero wherever it was sampled: no mutant differs from it")
    for name in evidence.point.names:
        own = {mutant: seen for mutant, seen in noticed.items() if mutant.input == name}
        if own or not evidence.point.primal(name).numel():
            yield _judge(evidence, name, own)


def _has_gradient(evidence: Evidence) -> bool:
    """Whether an output carries a gradient where every input that can requires one."""
    moved = {n: t if t is None else t.detach() for n, t in evidence.point.tensors.items()}
    for tensor in moved.values():
        if tensor is not None and (tensor.is_floating_point() or tensor.is_complex()):
            tensor.requires_grad_()
    return any(output.requires_grad for output in evidence.point.call(moved))


def _tried(evidence: Evidence) -> Iterator[tuple[Mutant, bool]]:
    """Each mutant that differs from the gradient here, and whether a judge notices it."""
    own = evidence.gradients
    for mutant in mutants(evidence.point):
        spoilt = mutant.evidence(evidence)
        truth, natural = widen(own[mutant.input]), evidence.natural.errors[f"gradient {mutant.input}"]
        if match(spoilt.gradients[mutant.input], truth, natural).agreement is not Agreement.AGREE:
            yield mutant, _noticed(spoilt)


def _noticed(spoilt: Evidence) -> bool:
    judged = (comparison for judge in JUDGES for comparison in checks.get(judge).compare(spoilt))
    return any(comparison.agreement is Agreement.DISAGREE for comparison in judged)


def _judge(evidence: Evidence, name: str, noticed: dict[Mutant, bool]) -> Comparison:
    variant = f" ({evidence.sample.variant})" if evidence.sample.variant else ""  # each must have a sample of its own
    title = f"mutants of the gradient of {name}{variant}"
    told = {f"{mutant.name}{variant}": seen for mutant, seen in noticed.items()}
    if any(seen for mutant, seen in noticed.items() if mutant.way == "zero"):
        return Comparison(title, Agreement.AGREE, figures=Figures(mutants=told))
    others = [mutant.way for mutant, seen in noticed.items() if not seen and mutant.way != "zero"]
    why = f", nor one that is {' or '.join(others)}" if others else ""
    if not any(bool(torch.isfinite(output).any()) for output in evidence.point.outputs):
        why = ": the op's values are not finite"
    return _blind(evidence, title, f"no check would notice a gradient of zero for {name}{why}", told)


def _blind(evidence: Evidence, title: str, why: str, told: dict[str, bool]) -> Comparison:
    """A failure of the spec; where none declares anything, there is nobody to blame, and nothing is decided."""
    definition, figures = evidence.subject.definition, Figures(mutants=told)
    if definition is None or not (definition.forward or definition.derivative):
        return Comparison(title, Agreement.INCONCLUSIVE, sentence=why, figures=figures)
    return Comparison(title, Agreement.DISAGREE, Culprit.SPEC, f"the spec is wrong: {why}", figures=figures)


CHECK = Check(compare, samples="few", one_suffices=True)

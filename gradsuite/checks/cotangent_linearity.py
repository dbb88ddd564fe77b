"""The backward is linear in its cotangent.

For two signed cotangents the gradient of -2 ct1 + ct2 / 2 must equal -2 vjp(ct1) + vjp(ct2) / 2, within the natural
errors of the three; in float64 the gradient's tremble is one, too, as the inputs move by roundings. A backward that
rectifies or takes the magnitude of what it is given fails.

So it is split into a cotangent that is special, and the rest: one of ones, as a loss gives, and one whose ends are
ones. A backward that leaves out a factor where it sees ones fails.

And the gradient of 2**k ct is 2**k times that of ct, to the last bit wherever numbers are rounded relative to their
size: a backward that clips large cotangents, or drops small ones, fails.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import torch

from gradsuite.comparison import Check, Comparison, Figures
from gradsuite.numerics.estimate import Agreement
from gradsuite.numerics.precision import Format, ulp, widen
from gradsuite.results import Culprit
from gradsuite.routes.elementwise import match
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.natural import CONFIDENCE, natural_error
from gradsuite.routes.reverse import gradients

# The three gradients have cotangents 1, 1 and 2.5 times as large, and so have their natural errors. Those with ones
# and with the rest are no larger.
ERRORS = 2 + 0.5 + 2.5
STRETCHED = tuple(1 + k * 2.0**-44 for k in range(1, 7))  # hundreds of roundings, and far less than anybody gets wrong
POWERS = (20, -20)  # from a loss that is scaled for half precision to a mean over a million


def compare(evidence: Evidence) -> Iterator[Comparison]:
    """One comparison for each differentiable input."""
    point = evidence.point
    one, other = point.cotangents, point.more_cotangents
    mixed = [-2 * a + b / 2 for a, b in zip(one, other, strict=True)]
    first, second, both = (gradients(point, weights) for weights in (one, other, mixed))
    leaves = _leaves(evidence, both, mixed)
    for name in point.names:
        residual = widen(both[name]) + 2 * widen(first[name]) - widen(second[name]) / 2
        title = f"linearity of the gradient of {name}"
        yield _judge(evidence, name, residual, title, leaves=leaves, taken=(one, other, mixed))
    for special, weights in _special(one):
        rest = [ct - weight for ct, weight in zip(one, weights, strict=True)]
        split = gradients(point, weights), gradients(point, rest)
        for name in point.names:
            residual = sum(widen(each[name]) for each in split) - widen(first[name])
            # What adds up for ones is larger, and so is its rounding, than what mostly cancels for signed cotangents.
            rounding = sum(ulp(widen(each[name]).abs().nan_to_num(), each[name].dtype) / 2 for each in split)
            title = f"linearity of the gradient of {name}, {special}"
            yield _judge(evidence, name, residual, title, rounding, taken=(one, weights, rest))
    for power in POWERS:
        yield from _scaled(evidence, first, power)


def _leaves(evidence: Evidence, found: Mapping[str, torch.Tensor], weights: list[torch.Tensor]) -> bool:
    """Whether the gradient ``found`` for ``weights`` is finite in float64 alone, whose range it needs on the way."""
    if _are_finite(found):
        return False
    wide = [ct.to(own.dtype) for ct, own in zip(weights, evidence.point.wide.cotangents, strict=True)]
    natural = natural_error(evidence.point, lambda point, _, noise: gradients(point, wide), runs=1)
    return natural.overflows and _are_finite(natural.values)


def _are_finite(numbers: Mapping[str, torch.Tensor]) -> bool:
    return all(bool(torch.isfinite(number.abs()).all()) for number in numbers.values())


def _special(cotangents: list[torch.Tensor]) -> Iterator[tuple[str, list[torch.Tensor]]]:
    """Cotangents that a backward may treat apart; none that the dtype would round when it is taken away."""
    yield "a cotangent of ones", [torch.ones_like(ct) for ct in cotangents]
    ends = [ct.clone(memory_format=torch.contiguous_format) for ct in cotangents]
    for ct in ends:
        ct.view(-1)[:1] = 1
        ct.view(-1)[-1:] = 1
    yield "a cotangent whose ends are ones", ends


def _scaled(evidence: Evidence, first: dict[str, torch.Tensor], power: int) -> Iterator[Comparison]:
    """One comparison for each input whose gradients the dtype holds at both sizes of the cotangent.

    None where the backward refuses the other size: it may hold an invariant of its own to an absolute tolerance.
    """
    form, factor = Format.of(evidence.dtype), 2.0**power
    weights = [ct * factor for ct in evidence.point.cotangents]
    if not all(map(form.holds, weights)):
        return
    try:
        found = gradients(evidence.point, weights)
    except RuntimeError:
        return
    leaves = _leaves(evidence, found, weights)
    for name in evidence.point.names:
        sizes = widen(first[name]).abs().nan_to_num(nan=0.0, posinf=0.0)
        kept = sizes * factor >= form.normal / form.unit if power < 0 else sizes * factor <= form.largest * form.unit
        residual = torch.where(kept, widen(found[name]) / factor - widen(first[name]), 0.0)
        yield _judge(evidence, name, residual, f"gradient of {name} for a cotangent times 2**{power}", leaves=leaves)


def _judge(
    evidence: Evidence, name: str, residual: torch.Tensor, title: str, rounding: torch.Tensor | float = 0.0,
    *, leaves: bool = False, taken: Sequence[list[torch.Tensor]] = (),
) -> Comparison:  # fmt: skip
    if _beneath_notice(evidence, name, residual):
        return Comparison(title, Agreement.AGREE)
    natural = evidence.natural
    bound = ERRORS * natural.errors[f"gradient {name}"] + rounding
    # The mixed cotangent is larger than the others, so its gradient may leave the dtype's range where theirs do not.
    size = evidence.truth[name].abs().nan_to_num(nan=0.0)
    leaves |= natural.overflows or bool((ERRORS * size >= Format.of(evidence.dtype).largest).any())
    found = match(residual, torch.zeros_like(residual), bound, overflows=leaves)
    if found.agreement is Agreement.DISAGREE and evidence.is_wide:  # may come from inside a kernel
        inside = ERRORS * evidence.trembling[f"gradient {name}"]
        for weights in taken:
            inside = torch.maximum(inside, ERRORS * _rounding_at(evidence, name, weights))
        bound = torch.maximum(bound, inside + rounding)
        found = match(residual, torch.zeros_like(residual), bound, overflows=leaves)
    figures = Figures(ratios=found.ratios)
    if found.agreement is not Agreement.DISAGREE or found.worst is None:
        return Comparison(title, found.agreement, figures=figures)
    return Comparison(
        title, found.agreement, Culprit.BACKWARD, "the backward is wrong: it is not linear in its cotangent",
        where=found.at(f"gradient of {name}", tuple(residual.shape)),
        got=f"a residual of {residual.abs().reshape(-1)[found.worst].item():.3g}", expected="0",
        figures=figures, wrong_input=name,
    )  # fmt: skip


def _rounding_at(evidence: Evidence, name: str, weights: list[torch.Tensor]) -> torch.Tensor:
    """How far the gradient for ``weights``, per unit of them, differs between hardly different sizes of them.

    What cancels inside a kernel may leave nothing at one cotangent, and a rounding at another. None of the sizes is
    that of ``weights`` themselves: a backward that treats just these apart is not excused by what it does beside them.
    """
    sizes = ((size, gradients(evidence.point, [ct * size for ct in weights])[name]) for size in STRETCHED)
    first, *others = (widen(gradient) / size for size, gradient in sizes)
    apart = (first - first).abs().nan_to_num(nan=0.0)
    for other in others:
        apart = torch.maximum(apart, (other - first).abs().nan_to_num(nan=0.0, posinf=0.0))
    return apart


def _beneath_notice(evidence: Evidence, name: str, residual: torch.Tensor) -> bool:
    """Whether half a unit in the last place, the least that any natural error is, bounds the residual already."""
    size = evidence.truth[name].abs().nan_to_num(nan=0.0, posinf=0.0)
    least = ERRORS * ulp(size, evidence.gradients[name].dtype) / 2
    return bool((residual.abs() <= CONFIDENCE * least).all())


CHECK = Check(compare)

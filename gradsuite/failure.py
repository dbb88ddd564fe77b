"""The story of a failure: everything a person needs to believe it, to see it and to run it again."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from contextlib import suppress

import torch

from gradsuite import jacobian
from gradsuite.arrays import array
from gradsuite.comparison import Comparison
from gradsuite.flight import FLIGHT, OutOfTime, Seen
from gradsuite.numerics.diagnosis import Fit, diagnose
from gradsuite.numerics.estimate import apart
from gradsuite.numerics.precision import Format, widen
from gradsuite.reproducer import Op, of_error, reproducer
from gradsuite.results import Array, Culprit, Failure, LastSample, Origin, Picture, Step
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.natural import CONFIDENCE
from gradsuite.spec.definition import Definition
from gradsuite.storage import store

PICTURED = 1024  # entries of a Jacobian that is drawn
LONGEST = 10.0  # seconds for the Jacobians, or for the sentence in full, of one failure


def tell(
    evidence: Evidence, comparison: Comparison, *, op: str, replay: str, case: str = "", origin: Origin | None = None
) -> Failure:
    """The record of ``comparison``, which failed at the evidence's sample, in ``case``.

    With an ``origin`` it is stored, to be run again.
    """
    sample, culprit = evidence.sample, comparison.culprit or Culprit.UNDECIDED
    shown = comparison.shown() if comparison.shown else evidence
    seen = shown or evidence
    jacobians = _jacobians(seen, comparison)
    where, got, expected = _place(seen, comparison, jacobians)
    told = Failure(
        comparison=comparison.name,
        culprit=culprit,
        sentence=_sentence(comparison),
        hint=_hint(seen, comparison, jacobians),
        inputs=_inputs(seen.point.tensors, seen.point.names),
        cotangents=tuple(array(f"ct {i}", ct) for i, ct in _cotangents(seen)),
        arguments={name: repr(value) for name, value in sample.arguments.items()},
        variant=sample.variant,
        says=comparison.says,
        where=where,
        got=got,
        expected=expected,
        ulps=max(comparison.figures.ulps, default=None),
        ratio=max(comparison.figures.ratios, default=None),
        picture=_picture(jacobians),
        steps=_steps(evidence),
        replay=replay,
        reproducer=reproducer(shown, op=Op.of(op, origin), culprit=culprit) if shown else "",
    )
    if origin is None:
        return told
    shielded = evidence.subject.original is not None
    return store(told, sample, case=case, origin=origin, shielded=shielded, shown=seen is not evidence)


def last_sample(
    seen: Seen,
    *,
    case: str,
    replay: str,
    reason: str,
    op: str = "",
    definition: Definition | None = None,
    random: bool = False,
    tried: bool = False,
) -> LastSample:
    """The record of the sample at which ``case`` ended early for this ``reason``, stored to be run again.

    ``op``: where a program finds it. ``tried``: it may be called here, to see whether it raises that by itself.
    """
    sample = seen.sample
    told = LastSample(
        inputs=_inputs(sample.tensors, sample.differentiable),
        arguments={name: repr(value) for name, value in sample.arguments.items()},
        variant=sample.variant, replay=replay,
        reproducer=of_error(sample, definition, op=Op.of(op, seen.origin), random=random, reason=reason, tried=tried),
    )  # fmt: skip
    return store(told, sample, case=case, origin=seen.origin)


def _inputs(tensors: Mapping[str, torch.Tensor | None], moving: Collection[str]) -> tuple[Array, ...]:
    return tuple(array(name, t, name in moving) for name, t in tensors.items() if t is not None)


def _cotangents(evidence: Evidence) -> list[tuple[int, torch.Tensor]]:
    """The cotangent of each output that has one, with the output's number."""
    try:
        return list(zip(evidence.point.selected, evidence.point.cotangents, strict=True))
    except Exception:  # the op itself fails at this sample; its inputs are still worth telling
        return []


def _sentence(comparison: Comparison) -> str:
    """In full, where it is found out in time."""
    if comparison.in_full:
        with suppress(OutOfTime), FLIGHT.within(LONGEST):
            return comparison.in_full()
    return comparison.sentence


Jacobians = tuple[str, torch.Tensor, torch.Tensor]  # input, got, truth


def _jacobians(evidence: Evidence, comparison: Comparison) -> Jacobians | None:
    """The wrong Jacobian and the right one for the input whose gradient is wrong, where both are small enough.

    And where the op is fast enough.
    """
    measured = comparison.says or comparison.wrong_input  # a fact of the graph has no Jacobian to show
    if not measured or comparison.culprit not in (Culprit.BACKWARD, Culprit.SPEC, Culprit.JVP):
        return None
    found: Jacobians | None = None
    with torch.random.fork_rng(devices=[]), suppress(OutOfTime), FLIGHT.within(LONGEST):
        for name in [comparison.wrong_input] if comparison.wrong_input else evidence.point.names:
            rows, columns = jacobian.size(evidence, name)
            if not 0 < rows * columns <= jacobian.LIMIT:
                continue
            try:
                got, truth = _pair(evidence, name, comparison.culprit)
            except Exception:  # the op refuses values beside the sample's; the failure is worth telling without them
                continue
            found = found or (name, got, truth)
            if not _fit(evidence, name, got, truth).explains(truth):
                return name, got, truth
    return found


def _pair(evidence: Evidence, name: str, culprit: Culprit) -> tuple[torch.Tensor, torch.Tensor]:
    real = not evidence.point.primal(name).is_complex()
    got = jacobian.by_forward if culprit is Culprit.JVP and real else jacobian.by_reverse
    reverse = got(evidence, name)
    if culprit is Culprit.SPEC and evidence.formula is not None:
        return jacobian.by_formula(evidence, name), reverse
    if evidence.formula is not None and evidence.proven is not False:
        return reverse, jacobian.by_formula(evidence, name)
    if reverse.is_complex() or evidence.is_surrogate:
        return reverse, reverse
    return reverse, jacobian.by_differences(evidence, name)


def _fit(evidence: Evidence, name: str, got: torch.Tensor, truth: torch.Tensor) -> Fit:
    exact = evidence.formula is not None and evidence.is_wide
    unit = Format.of(evidence.dtype).unit
    # Column differences here are plain: good to about eight digits; the verdict was reached with better ones.
    slack = max(CONFIDENCE * unit, 0.0 if exact else 2.0**-26)
    bound = slack * truth.abs().clamp(min=truth.abs().max().item() if truth.numel() else 0.0)
    tensor = evidence.point.tensors[name]
    assert tensor is not None
    shape = tuple(evidence.point.select(evidence.point.outputs)[0].shape)
    return Fit(got, truth, bound, shape, tuple(tensor.shape))


def _hint(evidence: Evidence, comparison: Comparison, jacobians: Jacobians | None) -> str:
    if jacobians is None:
        return ""
    name, got, truth = jacobians
    said = diagnose(_fit(evidence, name, got, truth))
    if said:
        return f"{said} (in the gradient of {name})" if len(evidence.point.names) > 1 else said
    return _nonlinear(evidence, name, truth) if comparison.culprit is Culprit.BACKWARD else ""


def _nonlinear(evidence: Evidence, name: str, truth: torch.Tensor) -> str:
    """The Jacobian is right on basis cotangents, and yet the gradient is wrong: what was done to the cotangent?"""
    ct = torch.cat([widen(c).reshape(-1) for c in evidence.point.cotangents])
    got = widen(evidence.gradients[name]).reshape(-1)
    if ct.is_complex() or truth.is_complex() or _close(got, ct @ truth):
        return ""
    for words, changed in (
        ("only positive cotangents count", ct.relu()),
        ("only the magnitude of the cotangent counts", ct.abs()),
    ):
        candidate = changed @ truth
        if candidate.any() and _close(got, candidate):
            return words
    return ""


def _close(got: torch.Tensor, candidate: torch.Tensor) -> bool:
    return bool(((got - candidate).abs() <= 2.0**-20 * candidate.abs().max()).all())


def _place(evidence: Evidence, comparison: Comparison, jacobians: Jacobians | None) -> tuple[str, str, str]:
    """Where it is worst, what was found there and what is right: the comparison's own word, else the Jacobian's.

    Where the Jacobian is too large to be had: an entry of the gradient.
    """
    if comparison.where or comparison.got:
        return comparison.where, comparison.got, comparison.expected
    if jacobians is None:
        return _entry(evidence, comparison)
    name, got, truth = jacobians
    error = (got - truth).abs().nan_to_num(nan=math.inf)
    if not error.max() > 0:
        return "", "", ""
    row, column = divmod(int(error.argmax()), error.shape[1])
    where = f"Jacobian of {name}, dy[{row}]/d{name}[{column}] in flat indices"
    return where, repr(got[row, column].item()), repr(truth[row, column].item())


def _entry(evidence: Evidence, comparison: Comparison) -> tuple[str, str, str]:
    """The first entry of the gradient that is wrong alone."""
    if comparison.culprit is Culprit.BACKWARD and any(says.route == "reverse" for says in comparison.says):
        # The op may refuse values beside the sample's, or be too slow; the failure is worth telling without them.
        with suppress(Exception, OutOfTime), FLIGHT.within(LONGEST):
            located = evidence.located
            if located.entry is not None:
                name, i = located.entry
                return f"gradient of {name}, flat element {i}", *apart(located.got.value, located.right.value)
    return "", "", ""


def _picture(jacobians: Jacobians | None) -> Picture | None:
    if jacobians is None or jacobians[1].is_complex() or jacobians[1].numel() > PICTURED:
        return None
    _, got, truth = jacobians
    rows, columns = got.shape
    parts = (truth, got, got - truth)
    flat = [tuple(part.reshape(-1).tolist()) for part in parts]
    return Picture(rows=rows, columns=columns, truth=flat[0], got=flat[1], error=flat[2])


def _steps(evidence: Evidence) -> tuple[Step, ...]:
    """Distance between each central difference and the reverse slope, over the step size."""
    if "thorough" not in evidence.__dict__ or "reverse_slope" not in evidence.__dict__:
        return ()
    slope, value = evidence.thorough, evidence.reverse_slope
    return tuple(
        Step(size=size, error=abs(found - value), bar=slope.central.bar)
        for size, found in zip(slope.steps, slope.slopes, strict=True)
        if math.isfinite(found)
    )

"""Gradients made wrong on purpose, over torch's own samples: which mutants survive gradsuite, and which gradcheck.

Every differentiable OpInfo entry is run in float64 on the samples of ``gradsuite run --opinfo``, its gradient changed
by each of the mutations below, first under the checks ``reverse`` and ``cotangent_linearity`` at their default setting,
then under ``torch.autograd.gradcheck(..., fast_mode=True)`` with its own. A mutant is killed where one sample fails.
Where ``reverse`` calls every sample at which a mutant differs inconclusive, gradsuite lets nothing pass, and leaves it
undecided.

Not counted: a mutant whose gradients are the original's at every sample (zero of a zero gradient, a rolled constant
one), and an op whose own gradient the checker in question does not pass.
"""

from __future__ import annotations

import argparse
import json
import os
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch

from gradsuite import checks, opinfo
from gradsuite.devices import kept
from gradsuite.errors import Unsupported
from gradsuite.numerics.estimate import Agreement
from gradsuite.plan import Case
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.reverse import gradients
from gradsuite.sample import Sample, Subject

Change = Callable[[torch.Tensor], torch.Tensor]
CHECKS = ("reverse", "cotangent_linearity")
NAMED = ("survivors", "undecided")  # the ops that the table names
KINK = "at a kink the mutants are subgradients as well"
# Why some mutants pass, for whom the table leaves with a question.
EQUALS = {"linalg.norm.subgradients_at_zero": KINK}
# What differences do not know where they decide nothing.
UNKNOWN = {
    "linalg.norm.subgradients_at_zero": KINK,
    "half": "a cast makes a stair",
    "bfloat16": "a cast makes a stair",
    "nn.functional.hinge_embedding_loss": "labels are differentiated, beside which the loss jumps",
    "__rpow__": "some outputs are NaN: negative numbers to fractional powers",
}
DISTINCT = 2.0**-40  # gradients that differ by less of their largest entry are the same but for rounding
SHARED = ("quick", "thorough")  # differences know the op's values alone, which no mutant changes


def _last_zeroed(gradient: torch.Tensor) -> torch.Tensor:
    changed = gradient.clone(memory_format=torch.contiguous_format)
    changed.view(-1)[-1:] = 0
    return changed


def _transposed(gradient: torch.Tensor) -> torch.Tensor:
    square = gradient.dim() >= 2 and gradient.shape[-1] == gradient.shape[-2]
    return gradient.mT if square else gradient


def _of_parts(change: Change) -> Change:
    """``change`` for real numbers, or for both parts of complex ones."""

    def changed(cotangent: torch.Tensor) -> torch.Tensor:
        if not cotangent.is_complex():
            return change(cotangent)
        return torch.view_as_complex(change(torch.view_as_real(cotangent.resolve_conj().contiguous())))

    return changed


OF_GRADIENT: Mapping[str, Change] = {
    "zero": torch.zeros_like,
    "negated": torch.neg,
    "x1.01": lambda gradient: gradient * 1.01,
    "x1.001": lambda gradient: gradient * 1.001,
    "rolled": lambda gradient: gradient.roll(1),
    "flipped": lambda gradient: gradient.reshape(-1).flip(0).reshape(gradient.shape),
    "last entry zeroed": _last_zeroed,
    "transposed where square": _transposed,
}
OF_COTANGENT: Mapping[str, Change] = {"relu(cotangent)": _of_parts(torch.relu), "|cotangent|": _of_parts(torch.abs)}
MUTANTS = (*OF_GRADIENT, *OF_COTANGENT)


class Changed(torch.autograd.Function):
    """The identity, through which the gradient is changed on its way back."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, change: Change) -> torch.Tensor:
        """``x`` itself, as a view."""
        ctx.change = change
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None]:
        """The changed gradient."""
        return ctx.change(gradient), None


def mutated(subject: Subject, mutant: str) -> Subject:
    """The subject with the same values and another gradient."""
    before, after = OF_GRADIENT.get(mutant), OF_COTANGENT.get(mutant)

    def call(tensors: Mapping[str, torch.Tensor | None], sample: Sample) -> tuple[torch.Tensor, ...]:
        outputs = subject.call({name: _through(x, before) for name, x in tensors.items()}, sample)
        return tuple(_through(y, after) for y in outputs)

    return replace(subject, call=call)


def _through(tensor: Any, change: Change | None) -> Any:
    if change is None or tensor is None or not tensor.requires_grad:
        return tensor
    return Changed.apply(tensor, change)


@dataclass(frozen=True)
class Fate:
    """What became of one mutant of one op under each checker; None where it is not counted."""

    op: str
    mutant: str
    gradsuite: str | None  # killed, survivors or undecided
    gradcheck: str | None


def fates(case: Case) -> list[Fate]:
    """The fates of all mutants of one op."""
    warnings.simplefilter("ignore")
    with kept(threads=1), torch.autograd.set_multithreading_enabled(False):
        originals = list(_originals(case))
        ours = bool(originals) and _verdict(originals) is Agreement.AGREE
        theirs = bool(originals) and all(map(_gradcheck, originals))
        return [_fate(case.spec.name, originals, mutant, ours, theirs) for mutant in MUTANTS]


def _originals(case: Case) -> Iterator[Evidence]:
    try:
        source = opinfo.source(case, profile="default", seed=0)
    except Unsupported:
        return
    for subject in source.subjects:
        for sample in source.draw(subject, None):  # type: ignore[arg-type]  # OpInfo's samples are fixed
            evidence = Evidence(subject, sample)
            if evidence.point.selected:
                yield evidence


def _fate(op: str, originals: Sequence[Evidence], mutant: str, ours: bool, theirs: bool) -> Fate:
    pairs = [(original, _twin(original, mutant)) for original in originals]
    differing = [twin for original, twin in pairs if _differ(original, twin)]
    if not differing:
        return Fate(op, mutant, None, None)
    by_gradcheck = "survivors" if theirs and all(map(_gradcheck, differing)) else "killed"
    return Fate(op, mutant, _outcome(differing) if ours else None, by_gradcheck if theirs else None)


def _outcome(differing: Sequence[Evidence]) -> str:
    if _verdict(differing) is Agreement.DISAGREE:
        return "killed"
    return "survivors" if _verdict(differing, ["reverse"]) is Agreement.AGREE else "undecided"


def _twin(original: Evidence, mutant: str) -> Evidence:
    twin = Evidence(mutated(original.subject, mutant), original.sample)
    twin.__dict__.update({name: original.__dict__[name] for name in SHARED if name in original.__dict__})
    return twin


def _differ(original: Evidence, twin: Evidence) -> bool:
    """Whether the mutant's gradient is another one, for either of two cotangents."""
    for ct in (original.point.cotangents, original.point.more_cotangents):
        right, wrong = gradients(original.point, ct), gradients(twin.point, ct)
        for name, gradient in right.items():
            apart = (gradient - wrong[name]).abs().nan_to_num(nan=0.0)
            if bool((apart > DISTINCT * gradient.abs().nan_to_num(nan=0.0).amax()).any()) if apart.numel() else False:
                return True
    return False


def _verdict(evidences: Sequence[Evidence], names: Sequence[str] = CHECKS) -> Agreement:
    """DISAGREE where a comparison of a sample fails, AGREE where none does and one agrees."""
    verdicts = set()
    for evidence in evidences:
        for name in names:
            with suppress(Unsupported, RuntimeError):  # which is no verdict
                verdicts |= {comparison.agreement for comparison in checks.get(name).compare(evidence)}
            if Agreement.DISAGREE in verdicts:
                return Agreement.DISAGREE
    return Agreement.AGREE if Agreement.AGREE in verdicts else Agreement.INCONCLUSIVE


def _gradcheck(evidence: Evidence) -> bool:
    """Whether torch's own checker accepts the gradient, in its fast mode and at its defaults; an error is no."""
    point = evidence.point
    leaves = point.leaves()

    def function(*moving: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return point.call({**leaves, **dict(zip(point.names, moving, strict=True))})

    moving = [leaves[name] for name in point.names]
    options = {"fast_mode": True, "raise_exception": False, "check_undefined_grad": False}
    try:
        return torch.autograd.gradcheck(function, moving, **options)
    except (RuntimeError, ValueError, TypeError):
        return False


def table(found: Sequence[Fate]) -> dict[str, Any]:
    """For each mutant and checker: how many ops count, which let it live, and which leave it undecided."""
    return {
        mutant: {checker: _column(found, mutant, checker) for checker in ("gradsuite", "gradcheck")}
        for mutant in MUTANTS
    }


def _column(found: Sequence[Fate], mutant: str, checker: str) -> dict[str, Any]:
    outcomes = {fate.op: getattr(fate, checker) for fate in found if fate.mutant == mutant}
    named = {kind: sorted(op for op, outcome in outcomes.items() if outcome == kind) for kind in NAMED}
    return {"ops": sum(outcome is not None for outcome in outcomes.values()), **named}


def markdown(figures: Mapping[str, Any]) -> str:
    """The table of the recorded figures, for people."""
    mutants = figures["mutants"]
    return "\n".join(
        [
            "| mutant | ops | pass gradsuite | left undecided | ops | pass gradcheck, fast |",
            "|---|---|---|---|---|---|",
            *(_row(mutant, row["gradsuite"], row["gradcheck"]) for mutant, row in mutants.items()),
            *_named(mutants, "survivors", "What passes gradsuite:", EQUALS),
            *_named(mutants, "undecided", "What gradsuite leaves undecided, and calls so:", UNKNOWN),
        ]
    )


def _named(mutants: Mapping[str, Any], kind: str, title: str, reasons: Mapping[str, str]) -> list[str]:
    """Each op with its mutants of that kind, and why, as far as that is known."""
    held = {(op, mutant) for mutant, row in mutants.items() for op in row["gradsuite"][kind]}
    ops = sorted({op for op, _ in held})
    told = {op: ", ".join(mutant for mutant in mutants if (op, mutant) in held) for op in ops}
    lines = [f"- `{op}`: {told[op]}{f' ({reasons[op]})' if op in reasons else ''}" for op in ops]
    return ["", title, "", *(lines or ["- nothing"])]


def _row(mutant: str, ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> str:
    figures = [ours["ops"], *(len(ours[kind]) for kind in NAMED), theirs["ops"], len(theirs["survivors"])]
    return f"| {mutant.replace('|', chr(92) + '|')} | {' | '.join(map(str, figures))} |"


def main() -> None:
    """Runs every entry that matches the glob, writes the figures beside this file and prints the table."""
    arguments = argparse.ArgumentParser(prog="python -m power.opinfo_mutants", description=__doc__)
    arguments.add_argument("glob", nargs="?", default="*")
    arguments.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    arguments.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".json"))
    given = arguments.parse_args()
    cases = opinfo.plan(given.glob, checks=["reverse"], dtypes=["float64"])
    with get_context("spawn").Pool(given.jobs) as pool:
        found = [fate for several in pool.imap_unordered(fates, cases) for fate in several]
    figures = {"torch": torch.__version__, "entries": len(cases), "mutants": table(found)}
    given.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print(markdown(figures))


if __name__ == "__main__":
    main()

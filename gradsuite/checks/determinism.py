"""The same call gives the same, again and again.

On every sample the forward is repeated, and the backward many times more: over a run an update that is lost once in
twenty rows is practically sure to be seen. Results must be the same bits. Those that differ
by no more than their natural errors pass with a note, on every device: atomic additions in another order do that, and
a matrix product that depends on how memory is aligned. Once, fresh memory is filled with NaN before the op gets it
(torch.utils.deterministic), so that reading what nobody wrote is seen, too. Random ops are given the same draws.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch

from gradsuite.comparison import Check, Comparison
from gradsuite.numerics.estimate import Agreement
from gradsuite.results import Culprit
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.memory import same
from gradsuite.routes.repetition import beyond, repeats
from gradsuite.routes.reverse import gradients

# Sixteen samples of a run make 256 backwards: a row that is lost once in twenty stays unseen with 0.95 ** 256 = 2e-6.
FORWARDS = 4
BACKWARDS = 4  # through each of them

Numbers = Mapping[str, torch.Tensor]


def compare(evidence: Evidence) -> Iterator[Comparison]:
    """One comparison for each output and each gradient, again and again; then once over filled memory."""
    first, again = _again(evidence)
    if not evidence.is_wide and any(comparison.note for comparison in again):
        # What an op loses by chance it loses in stochastic arithmetic, too: it counts as natural, in float64 to a
        # 256th part only (natural.py: the noise there is 2 ** 12 times as large, the constant 16).
        twins = _again(evidence.at(evidence.point.wide))[1]
        again = [twin if _failed(twin) else own for own, twin in zip(again, twins, strict=True)]
    yield from _without_consequences(evidence, again)
    if not any(map(_failed, again)):
        with _filled():
            filled = _runs(evidence, 1)
        yield from (_judge(evidence, name, first, filled, filled=True) for name in first)


def _without_consequences(evidence: Evidence, again: Sequence[Comparison]) -> Iterator[Comparison]:
    """The gradients of values that do not repeat do not either: no mistake of the backward. (0 times x may repeat.)"""
    culprits = {comparison.culprit for comparison in again}
    restless = Culprit.FORWARD in culprits
    if not restless and Culprit.BACKWARD in culprits:
        restless = not repeats(evidence.at(evidence.point.at(evidence.point.nearby)))
    yield from (comparison for comparison in again if not (restless and comparison.culprit is Culprit.BACKWARD))


def _failed(comparison: Comparison) -> bool:
    return comparison.agreement is Agreement.DISAGREE


def _again(evidence: Evidence) -> tuple[Numbers, list[Comparison]]:
    """The first run, and how the others compare with it."""
    first, *others = [found for _ in range(FORWARDS) for found in _runs(evidence, BACKWARDS)]
    return first, [_judge(evidence, name, first, others) for name in first]


def _runs(evidence: Evidence, backwards: int) -> list[Numbers]:
    """What one forward and ``backwards`` backwards through it give."""
    point = evidence.point.at(evidence.point.tensors)
    values = {f"output {i}": output for i, output in enumerate(point.outputs)}
    if not point.selected:
        return [values]
    cotangents = evidence.point.cotangents
    found = (gradients(point, cotangents) for _ in range(backwards))
    return [values | {f"gradient of {name}": g for name, g in each.items()} for each in found]


@contextmanager
def _filled() -> Iterator[None]:
    """Fresh memory holds NaN, or the largest whole number."""
    before = torch.get_deterministic_debug_mode()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.set_deterministic_debug_mode("warn")
        try:
            yield
        finally:
            torch.set_deterministic_debug_mode(before)


def _judge(
    evidence: Evidence, name: str, first: Numbers, others: Sequence[Numbers], *, filled: bool = False
) -> Comparison:
    title = f"{name}, over filled memory" if filled else f"{name}, again and again"
    different = [found[name] for found in others if not same([found[name]], [first[name]])]
    if not different:
        return Comparison(title, Agreement.AGREE)
    key = name.replace("gradient of", "gradient")
    if not any(beyond(evidence, key, first[name], got) for got in different):
        return Comparison(title, Agreement.AGREE, note=f"{name} repeats to within rounding only")
    side = Culprit.FORWARD if name.startswith("output") else Culprit.BACKWARD
    sentence = f"the {side} is wrong: {name} depends on what fresh memory happens to hold"
    if not filled:
        sentence = f"the {side} is wrong: the same call gives another {name} in {len(different)} of {len(others)} calls"
    wrong = name.removeprefix("gradient of ") if side is Culprit.BACKWARD else None
    return Comparison(title, Agreement.DISAGREE, side, sentence, where=name, wrong_input=wrong)


CHECK = Check(compare, compares_calls=False)

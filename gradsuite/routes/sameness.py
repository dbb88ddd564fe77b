"""The same numbers under another condition: what a backward gives must not depend on what lies around it.

Each condition runs the op afresh, on memory of its own, and is held against an ordinary run at the same values. Both
are computed in the tested dtype: they are the same bits, or apart by no more than the natural errors of computing them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch

from gradsuite.comparison import Comparison, Figures
from gradsuite.errors import Unsupported
from gradsuite.numerics.estimate import Agreement
from gradsuite.numerics.precision import widen
from gradsuite.results import Culprit
from gradsuite.routes.elementwise import match
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.memory import same
from gradsuite.routes.point import Point

Numbers = Mapping[str, torch.Tensor]

# How often a failure must come again, and an ordinary run hold beside it, before the condition is blamed: what goes
# wrong by chance, in every second call at worst, is then taken for its doing once in 2 ** 16 times.
AGAIN = 8


@dataclass(frozen=True)
class Condition:
    """What a run has that an ordinary one has not.

    ``name`` says it in the comparison's name ("cotangent transposed"), ``when`` in a sentence ("the cotangent is
    transposed"). ``at``: the ordinary run at the same values. ``run``: the numbers that must be the same, by the names
    that natural errors have (``output 0``, ``gradient x``), afresh in each call; raises Unsupported where the op may
    refuse this, and is taken at its word where ``refusable``. ``there``: where a single backward shows it.
    ``errors``: how many natural errors add up between the two. ``chooses``: the forward runs on other memory, and may
    choose otherwise among equals. ``shared``: for a number, the axes along which elements share their memory: a
    gradient counts there in sum, and autograd may hand it out otherwise (as_strided gives each the mean).
    """

    name: str
    when: str
    at: Evidence
    run: Callable[[], Numbers]
    there: Callable[[], Evidence] | None = None
    errors: int = 2
    refusable: bool = False
    chooses: bool = False
    shared: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    @classmethod
    def shown(cls, name: str, when: str, at: Evidence, there: Callable[[], Evidence], **options: Any) -> Condition:
        """A condition under which an ordinary run, ``there``, gives the numbers."""
        return cls(name, when, at, lambda: ordinary(there()), there, **options)


def compare(evidence: Evidence, conditions: Sequence[Condition]) -> Iterator[Comparison]:
    """One comparison for each number under each condition; a number that fails is told once, under the first.

    Raises Unsupported where there is no condition.
    """
    if not conditions:
        raise Unsupported("no output or input can be varied so")
    ordinary(conditions[0].at)  # what the op raises at the sample itself, every check raises
    failed: set[str] = set()
    wanted = [c for c in conditions if not evidence.pinned or evidence.pinned.endswith(f", {c.name}")]
    for condition in wanted:
        for comparison in _held(condition):
            if comparison.agreement is not Agreement.DISAGREE:
                yield comparison
            elif comparison.number not in failed:
                told = _told(conditions, condition, comparison)
                failed |= {told.number} if told.agreement is Agreement.DISAGREE else set()
                yield told


def unless_all_refuse(found: Iterator[Comparison]) -> list[Comparison]:
    """What was compared. Raises Unsupported, with the first reason, where the op takes none of the conditions."""
    compared = list(found)
    if all(comparison.agreement is Agreement.INCONCLUSIVE for comparison in compared):
        raise Unsupported(compared[0].sentence)
    return compared


def _told(conditions: Sequence[Condition], condition: Condition, comparison: Comparison) -> Comparison:
    """The failure, which looks for the other conditions under which the number fails where it is told in full."""
    doubt = _doubt(condition, comparison.name)
    if doubt:
        return Comparison(comparison.name, Agreement.INCONCLUSIVE, sentence=doubt)

    def in_full() -> str:
        others = [c for c in conditions if c is not condition and _fails(c, f"{comparison.number}, {c.name}")]
        also = f" (also: {', '.join(other.name for other in others)})" if others else ""
        return f"{comparison.sentence} {'' if others else 'only '}when {condition.when}{also}"

    sentence = f"{comparison.sentence} when {condition.when}"
    return replace(comparison, sentence=sentence, in_full=in_full, shown=lambda: _shown(condition))


def _shown(condition: Condition) -> Evidence | None:
    """The evidence under the condition, which believes what is true without it."""
    evidence = None if condition.there is None else condition.there()
    if evidence is not None:
        evidence.__dict__["truth"] = condition.at.truth
    return evidence


def ordinary(evidence: Evidence) -> Numbers:
    """Each output and each gradient of an ordinary run."""
    outputs = {f"output {i}": output for i, output in enumerate(evidence.point.outputs)}
    return {**outputs, **gradients_by_name(evidence.gradients)}


def alone(evidence: Evidence, point: Point) -> Evidence:
    """The evidence of a run by itself at ``point``: its backward follows its forward at once."""
    twin = evidence.at(point.afresh())
    ordinary(twin)
    return twin


def gradients_by_name(gradients: Mapping[str, torch.Tensor]) -> Numbers:
    """Gradients by the names that natural errors have."""
    return {f"gradient {name}": gradient for name, gradient in gradients.items()}


def _held(condition: Condition) -> list[Comparison]:
    """The comparisons of one condition; where an output is another, its gradients are not judged."""
    try:
        expected = ordinary(condition.at)
    except Exception as error:  # other values, which the op need not take
        return [_refused(condition, f"the op refuses values such that {condition.when}: {_line(error)}")]
    try:
        got = condition.run()
    except Unsupported as reason:
        return [_refused(condition, str(reason))]
    except Exception as error:  # whatever a backward may raise: an ordinary run did not
        return [_raised(condition, _line(error))]
    judged = [_judge(condition, name, value, expected[name]) for name, value in got.items()]
    wrong = [c for c in judged if c.culprit is Culprit.FORWARD]
    return wrong or judged


def _line(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"


def _refused(condition: Condition, reason: str) -> Comparison:
    return Comparison(f"gradients, {condition.name}", Agreement.INCONCLUSIVE, sentence=reason, note=reason)


def _raised(condition: Condition, error: str) -> Comparison:
    if condition.refusable:
        return _refused(condition, f"the backward refuses it where {condition.when}: {error}")
    sentence = f"the backward is wrong: it raises {error}"
    return Comparison(f"gradients, {condition.name}", Agreement.DISAGREE, Culprit.BACKWARD, sentence, got=error)


def _judge(condition: Condition, name: str, got: torch.Tensor, expected: torch.Tensor) -> Comparison:
    forward = name.startswith("output")
    number = name if forward else name.replace("gradient ", "gradient of ")
    title = f"{number}, {condition.name}"
    if same([got], [expected]):
        return Comparison(title, Agreement.AGREE)
    if got.shape != expected.shape:
        culprit = Culprit.FORWARD if forward else Culprit.BACKWARD
        return Comparison(
            title, Agreement.DISAGREE, culprit, f"{number} has another shape", where=number,
            got=str(tuple(got.shape)), expected=str(tuple(expected.shape)),
        )  # fmt: skip
    got, expected = _folded(condition, name, got), _folded(condition, name, expected)
    agreement, ratios, worst, place = _apart(condition, name, got, expected)
    if agreement is not Agreement.DISAGREE:
        return Comparison(title, agreement, figures=Figures(ratios=ratios))
    return Comparison(
        title, agreement, Culprit.FORWARD if forward else Culprit.BACKWARD,
        "the op computes something else" if forward else "the backward is wrong",
        where=f"{number}, element {place}" if place else number,
        got=repr(got.reshape(-1)[worst].item()), expected=repr(expected.reshape(-1)[worst].item()),
        figures=Figures(ratios=ratios),
    )  # fmt: skip


def _apart(
    condition: Condition, name: str, got: torch.Tensor, expected: torch.Tensor
) -> tuple[Agreement, tuple[float, ...], int, str]:
    """What to say of two that differ, in units of the natural error, which whole numbers have not; and where."""
    natural = condition.at.natural
    if name not in natural.errors:
        return Agreement.DISAGREE, (), int((got != expected).reshape(-1).nonzero()[0]), ""
    bound = condition.errors * _folded(condition, name, natural.errors[name])
    found = match(got, widen(expected), bound, overflows=natural.overflows)
    return found.agreement, found.ratios, found.worst or 0, found.place(tuple(expected.shape))


def _folded(condition: Condition, name: str, number: torch.Tensor) -> torch.Tensor:
    axes = condition.shared.get(name)
    return widen(number).sum(axes, keepdim=True) if axes else number


def _doubt(condition: Condition, name: str) -> str:
    """Why a failure may not be the condition's doing, or empty where it is: it comes again, and only with it."""
    at = condition.at
    ordinarily = replace(condition, run=lambda: ordinary(at.at(at.point.afresh())))
    for _ in range(AGAIN):
        if _fails(ordinarily, name) or not _fails(condition, name):
            return "it differs from call to call, with nothing changed"
    if condition.chooses and at.point.selected and not at.is_surrogate and not at.thorough.smooth:
        return "the point lies on a kink, where either gradient is right"
    if condition.chooses and _is_place(at, name) and any(map(_holds_equals, at.point.tensors.values())):
        return "among equal numbers the op may take another"
    return ""


def _is_place(evidence: Evidence, name: str) -> bool:
    """Whether ``name`` is of an output of whole numbers: an op that says which element it took."""
    number = name.partition(", ")[0]
    return number.startswith("output") and number not in evidence.natural.errors


def _holds_equals(tensor: torch.Tensor | None) -> bool:
    return tensor is not None and tensor.unique().numel() < tensor.numel()


def _fails(condition: Condition, name: str) -> bool:
    return any(c.name == name and c.agreement is Agreement.DISAGREE for c in _held(condition))

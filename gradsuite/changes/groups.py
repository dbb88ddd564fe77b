"""Changes of one op that are the same change, told once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from gradsuite.changes.accuracy import Move
from gradsuite.changes.compare import Change
from gradsuite.changes.kind import OF_FIGURES
from gradsuite.reporters import words
from gradsuite.reporters.merge import main_failure
from gradsuite.results import CaseResult, Outcome


@dataclass(frozen=True)
class Group:
    """Cases of one op that went the same way for the same reason."""

    changes: tuple[Change, ...]

    @property
    def first(self) -> Change:
        """One that stands for all."""
        return self.changes[0]

    @property
    def name(self) -> str:
        """The op's short name."""
        return self.first.result.name

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """Before and after; one where only one run has the cases, or nothing but figures moved."""
        both = (self.first.before, self.first.after)
        return tuple(dict.fromkeys(result.outcome for result in both if result))

    @property
    def fails(self) -> bool:
        """Whether the cases fail, or could not be run, by the newer run."""
        return self.first.result.outcome in (Outcome.FAILED, Outcome.ERROR)

    @cached_property
    def why(self) -> str:
        """What the newer run says of it."""
        result = self.first.result
        return words.story(main_failure(result)) if result.failures else result.reason

    @cached_property
    def where(self) -> str:
        """``reverse cpu-float64 cpu-float32, adjoint cpu-float64``."""
        by_check: dict[str, list[str]] = {}
        for change in self.changes:
            result = change.result
            by_check.setdefault(result.check, []).append(f"{result.device}-{result.dtype}")
        return ", ".join(f"{check} {' '.join(dict.fromkeys(found))}" for check, found in by_check.items())

    @cached_property
    def move(self) -> Move | None:
        """The farthest that an error moved, if any did."""
        moves = [change.move for change in self.changes if change.move]
        return max(moves, key=lambda move: abs(move.bits), default=None)

    @property
    def replay(self) -> str:
        """The command that runs the first of the failing cases again."""
        return main_failure(self.first.result).replay


def groups(changes: Iterable[Change]) -> list[Group]:
    """``changes`` in groups; what fails first, and where figures moved, the farthest first."""
    found: dict[tuple[object, ...], list[Change]] = {}
    for change in changes:
        found.setdefault(_key(change), []).append(change)
    made = [Group(tuple(members)) for members in found.values()]
    return sorted(made, key=lambda group: (not group.fails, -_distance(group)))


def _key(change: Change) -> tuple[object, ...]:
    op = (change.kind, change.result.path, change.result.name)
    if change.kind in OF_FIGURES:
        return op
    before, after = (result and result.outcome for result in (change.before, change.after))
    return (*op, before, after, *_mistake(change.result))


def _mistake(result: CaseResult) -> tuple[str, ...]:
    """What makes two results the same news; not how many samples show it."""
    failure = main_failure(result)
    return (failure.culprit, failure.hint, failure.sentence) if result.failures else (result.reason,)


def _distance(group: Group) -> float:
    """How far a figure moved, where that is all the news."""
    return abs(group.move.bits) if group.first.kind in OF_FIGURES and group.move else 0.0

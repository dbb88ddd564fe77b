"""Two runs compared case by case: each case that differs in one word, and none that differs left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from gradsuite.changes.accuracy import Move, moved
from gradsuite.changes.kind import Kind
from gradsuite.changes.pairs import Pair, pairs
from gradsuite.reporters.merge import Merged, main_failure
from gradsuite.results import CaseResult, Outcome, SpecFault

_BROKEN = (Outcome.FAILED, Outcome.ERROR)


@dataclass(frozen=True)
class Change:
    """A case that is not what it was; ``move`` tells where its worst error moved by a bit or more."""

    kind: Kind
    case: str
    before: CaseResult | None
    after: CaseResult | None
    move: Move | None = None

    @property
    def result(self) -> CaseResult:
        """The newer of the two."""
        found = self.after or self.before
        assert found is not None  # a pair has at least one of them
        return found


@dataclass(frozen=True)
class Changes:
    """Everything that differs. ``broken`` and ``mended`` are faults of spec files that one of the two alone has."""

    base: Merged
    new: Merged
    cases: tuple[Change, ...]
    same: int
    broken: tuple[SpecFault, ...]
    mended: tuple[SpecFault, ...]

    @cached_property
    def counts(self) -> Counter[Kind]:
        """Changes by kind. A spec file that can no longer be read has regressed."""
        counts = Counter(change.kind for change in self.cases)
        counts[Kind.REGRESSED] += len(self.broken)
        counts[Kind.FIXED] += len(self.mended)
        return counts

    def of(self, kind: Kind) -> list[Change]:
        """The cases of one kind."""
        return [change for change in self.cases if change.kind is kind]


def compare(base: Merged, new: Merged) -> Changes:
    """What changed from ``base`` to ``new``."""
    every = list(pairs(base, new))
    found = [change for pair in every if (change := _change(pair))]
    return Changes(
        base,
        new,
        tuple(found),
        len(every) - len(found),
        broken=_only(new.faults, base.faults),
        mended=_only(base.faults, new.faults),
    )


def _change(pair: Pair) -> Change | None:
    before, after = pair.before, pair.after
    if before is None or after is None:
        return Change(Kind.ADDED if after else Kind.REMOVED, pair.case, before, after)
    move = moved(before.measures, after.measures)
    kind = _by_outcome(before, after) or (move and _by_accuracy(move))
    return Change(kind, pair.case, before, after, move) if kind else None


def _by_outcome(before: CaseResult, after: CaseResult) -> Kind | None:
    if before.outcome is after.outcome:
        return Kind.CHANGED if _culprit(before) != _culprit(after) else None
    if after.outcome is Outcome.PASSED:
        return Kind.FIXED
    if before.outcome is Outcome.PASSED or (after.outcome in _BROKEN and before.outcome not in _BROKEN):
        return Kind.REGRESSED
    return Kind.CHANGED


def _culprit(result: CaseResult) -> str:
    """Who is wrong; of a waived case, too: a waiver must not hide another mistake."""
    return main_failure(result).culprit if result.failures else ""


def _by_accuracy(move: Move) -> Kind:
    return Kind.LESS_ACCURATE if move.bits > 0 else Kind.MORE_ACCURATE


def _only(faults: Iterable[SpecFault], others: Iterable[SpecFault]) -> tuple[SpecFault, ...]:
    """The faults in files without a fault in ``others``: a fault that only moved to another line is no news."""
    known = {fault.path for fault in others}
    return tuple(fault for fault in faults if fault.path not in known)

"""What the comparisons of one case amount to: counts, figures, and the failures worth telling."""

from __future__ import annotations

import math
from bisect import bisect_right
from statistics import median

from gradsuite.comparison import Check, Comparison
from gradsuite.errors import Unsupported
from gradsuite.flight import OutOfTime
from gradsuite.numerics.estimate import Agreement
from gradsuite.pattern import pattern
from gradsuite.reproducer import in_words
from gradsuite.results import Histogram, Measures, Outcome
from gradsuite.routes.evidence import Evidence
from gradsuite.sample import Sample

ULPS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 64.0, 1024.0, math.inf)
RATIOS = (0.0, 0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, math.inf)
MOST_DIGITS = 110.0  # what 400 bits can show
ENOUGH = 8  # failing samples: what they have in common shows by then, and each costs a search for the wrong entry
NOTHING = "no sample that holds numbers decides"
REFUSALS = ("not implemented for", "is not implemented", "not support", "unsupported")


def refused(error: BaseException) -> bool:
    """Whether an op that raised says that it does not have what it was asked for."""
    return isinstance(error, RuntimeError) and any(words in str(error) for words in REFUSALS)


class Tally:
    """Collects the comparisons of one check over its samples."""

    def __init__(self) -> None:
        self.samples = self.conclusive = 0
        self._failed: list[tuple[Evidence, Comparison]] = []
        self._holding: list[tuple[str, Sample]] = []
        self._raised: list[tuple[str, Evidence]] = []
        self._reasons: list[str] = []
        self._unsupported: list[str] = []
        self._ulps: list[float] = []
        self._ratios: list[float] = []
        self._digits: list[float] = []
        self._bars: list[float] = []
        self._bars_held: list[bool] = []
        self._mutants: dict[str, bool] = {}
        self._held: set[str] = set()  # comparisons that need hold once, and did
        self._notes: dict[str, None] = {}

    def add(self, evidence: Evidence, check: Check) -> bool:
        """Counts what ``check`` says of a sample; true once it has failed on enough samples to stop.

        Raises OutOfTime; what failed before that is counted.
        """
        found: list[Comparison] = []
        try:
            for comparison in check.compare(evidence):
                found.append(comparison)
        except OutOfTime:
            for comparison in found:
                if comparison.agreement is Agreement.DISAGREE:
                    self._count(evidence, comparison)
            raise
        except Unsupported as reason:
            self._unsupported.append(str(reason))
            return False
        except Exception as error:  # an op may raise anything: told, unless it fails at another sample
            if refused(error):
                self._unsupported.append(in_words(error))
            else:
                self._raised.append((in_words(error), evidence))
            return False
        self.samples += 1
        for comparison in found:
            self._count(evidence, comparison)
        if check.one_suffices:
            self._held |= {c.name for c in found if c.agreement is Agreement.AGREE}
        if check.samples == "edge" or _holds_numbers(evidence.sample):  # a declared edge may be that of no numbers
            self.conclusive += any(c.agreement is not Agreement.INCONCLUSIVE for c in found)
        return not check.one_suffices and self._suffices

    def stopped(self, after: int, drawn: int) -> None:
        """Notes that the op is too slow for all that was drawn."""
        self._notes[f"only {after} of {drawn} samples were asked: the op is slow"] = None

    @property
    def _suffices(self) -> bool:
        kinds = {(found.number, found.culprit) for _, found in self._failed}
        return len(kinds) >= 3 or len({id(evidence) for evidence, _ in self._failed}) >= ENOUGH

    def _count(self, evidence: Evidence, comparison: Comparison) -> None:
        figures = comparison.figures
        self._ulps += figures.ulps
        self._ratios += figures.ratios
        self._digits += [] if figures.digits is None else [min(figures.digits, MOST_DIGITS)]
        self._bars += [] if figures.bar is None else [figures.bar]
        self._bars_held += [] if figures.held is None else [figures.held]
        self._mutants |= {name: seen or self._mutants.get(name, False) for name, seen in figures.mutants.items()}
        if comparison.note:
            self._notes[comparison.note] = None
        if comparison.agreement is Agreement.DISAGREE:
            self._failed.append((evidence, comparison))
        elif comparison.agreement is Agreement.AGREE:
            self._holding.append((comparison.name, evidence.sample))
        elif comparison.sentence:
            self._reasons.append(comparison.sentence)

    def shared(self, found: Comparison, smallest: Sample) -> str:
        """What the samples at which ``found`` failed, and the ``smallest``, have in common, as far as others tell."""
        failing = [evidence.sample for evidence, other in self._failed if other.key == found.key]
        holding = [sample for name, sample in self._holding if name == found.name]
        return pattern(failing, holding, [smallest])

    @property
    def _failures(self) -> list[tuple[Evidence, Comparison]]:
        return [(evidence, found) for evidence, found in self._failed if found.name not in self._held]

    def distinct(self, most: int) -> list[tuple[Evidence, Comparison]]:
        """The first failure of each number and culprit, under whatever condition, ``most`` of them."""
        first: dict[object, tuple[Evidence, Comparison]] = {}
        for evidence, comparison in self._failures:
            first.setdefault((comparison.number, comparison.culprit), (evidence, comparison))
        return list(first.values())[:most]

    def verdict(self) -> tuple[Outcome, str]:
        """The case's outcome, and why where it is neither passed nor failed."""
        if self._failures:
            return Outcome.FAILED, ""
        if self._raised:
            return Outcome.ERROR, self._raised[0][0]
        if self.conclusive:
            return Outcome.PASSED, ""
        if self.samples:
            return Outcome.INCONCLUSIVE, self._reasons[0] if self._reasons else NOTHING
        return Outcome.UNSUPPORTED, self._unsupported[0] if self._unsupported else "no sample could be drawn"

    @property
    def raised_at(self) -> Evidence | None:
        """The first sample at which the op raised, where that is the verdict."""
        return self._raised[0][1] if self._raised and not self._failures else None

    @property
    def notes(self) -> tuple[str, ...]:
        """What is worth knowing, each once; and at how many samples the property was not asked for."""
        if not (self.samples and self._unsupported):
            return tuple(self._notes)
        left, drawn = len(self._unsupported), self.samples + len(self._unsupported) + len(self._raised)
        return (*self._notes, f"left out at {left} of {drawn} samples: {self._unsupported[0]}")

    def measures(self) -> Measures:
        """Worst figures and histograms."""
        return Measures(
            worst_ulps=max(self._ulps, default=None),
            ulps=_histogram(self._ulps, ULPS),
            worst_ratio=max(self._ratios, default=None),
            ratios=_histogram(self._ratios, RATIOS),
            digits_proven=min(self._digits, default=None),
            median_bar=median(self._bars) if self._bars else None,
            bars_judged=len(self._bars_held),
            bars_held=sum(self._bars_held),
            mutants=len(self._mutants) or None,
            survivors=tuple(name for name, noticed in self._mutants.items() if not noticed),
        )


def _holds_numbers(sample: Sample) -> bool:
    """Whether there is a gradient to be wrong: where every input is empty, all that is said of it holds."""
    moving = [sample.tensors[name] for name in sample.differentiable]
    return not moving or any(x is not None and x.numel() for x in moving)


def _histogram(values: list[float], edges: tuple[float, ...]) -> Histogram | None:
    """Counts in [edge, next edge); None where nothing was measured."""
    if not values:
        return None
    counts = [0] * (len(edges) - 1)
    for value in values:
        counts[min(bisect_right(edges, value) - 1, len(counts) - 1)] += 1
    return Histogram(edges=edges, counts=tuple(counts))

"""Recorded lines of one or several runs, put in order for reading: the one thing every reporter starts from."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from gradsuite.results import CaseResult, Culprit, Environment, Failure, Line, Op, Outcome, SpecFault, verdict

# Reading orders. A name that is not listed comes after these, in alphabetical order: nothing must be edited for it.
_DTYPES = ("float64", "float32", "bfloat16", "float16", "complex128", "complex64")
_CHECKS = [
    "value",
    "reverse",
    "forward_mode",
    "adjoint",
    "second_order",
    "precision",
    "cotangent_linearity",
    "kink",
    "edge",
    "equivalence",
    "identities",
    "graph",
    "inplace",
    "vacuity",
]
UNKNOWN = Environment(
    gradsuite="?",
    torch="?",
    python="?",
    platform="?",
    devices=(),
    threads=0,
    date="?",
    command="?",
    profile="?",
    seed=0,
)


@dataclass(frozen=True)
class Run:
    """One environment that results came from; ``label`` (A, B, ...) names it where there are several."""

    index: int
    label: str
    environment: Environment


@dataclass(frozen=True, order=True)
class Lane:
    """One device of one run: results of different lanes stand side by side and never overwrite each other."""

    run: int
    device: str


@dataclass(frozen=True)
class Placed:
    """A case's result and the run that it came from."""

    run: int
    result: CaseResult

    @property
    def lane(self) -> Lane:
        """Where it is drawn."""
        return Lane(self.run, self.result.device)


@dataclass(frozen=True)
class OpPage:
    """An op and every result it has."""

    op: Op
    placed: tuple[Placed, ...]

    @cached_property
    def counts(self) -> Counter[Outcome]:
        """Cases by outcome."""
        return Counter(p.result.outcome for p in self.placed)

    @cached_property
    def verdict(self) -> Outcome:
        """The worst outcome."""
        return verdict(self.counts)

    @cached_property
    def by_place(self) -> dict[tuple[Lane, str, str], Placed]:
        """By lane, dtype and check."""
        return {(p.lane, p.result.dtype, p.result.check): p for p in self.placed}


@dataclass(frozen=True)
class Finding:
    """Failures of one op that blame the same side with the same hint: one mistake, told once."""

    page: OpPage
    failure: Failure
    cases: tuple[Placed, ...]


@dataclass(frozen=True)
class Merged:
    """Everything a report shows. ``repeated`` counts results that a later line of the same run replaced."""

    runs: tuple[Run, ...]
    pages: tuple[OpPage, ...]
    faults: tuple[SpecFault, ...]
    repeated: int = 0

    @cached_property
    def placed(self) -> tuple[Placed, ...]:
        """Every result, in the order of the pages."""
        return tuple(p for page in self.pages for p in page.placed)

    @cached_property
    def counts(self) -> Counter[Outcome]:
        """Cases by outcome."""
        return Counter(p.result.outcome for p in self.placed)

    @cached_property
    def verdict(self) -> Outcome:
        """The worst outcome; a faulty spec file is an error, because what it holds was not checked."""
        return Outcome.ERROR if self.faults else verdict(self.counts)

    @cached_property
    def lanes(self) -> tuple[Lane, ...]:
        """Every lane with a result."""
        return tuple(sorted({p.lane for p in self.placed}))

    @cached_property
    def dtypes(self) -> tuple[str, ...]:
        """Every dtype with a result, in reading order."""
        return in_order((p.result.dtype for p in self.placed), _DTYPES)

    @cached_property
    def checks(self) -> tuple[str, ...]:
        """Every check with a result, in reading order."""
        return in_order((p.result.check for p in self.placed), _CHECKS)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What failed, one entry for each mistake."""
        return tuple(finding for page in self.pages for finding in _findings(page))

    def label(self, lane: Lane) -> str:
        """``cpu``, or ``A cpu`` where there are several runs."""
        return f"{self.runs[lane.run].label} {lane.device}" if len(self.runs) > 1 else lane.device


def merge(lines: Iterable[Line]) -> Merged:
    """Put ``lines`` in order. Results belong to the environment line before them.

    Runs that agree in everything but date and command are one run in several pieces; of two results for
    one case in one run the later counts.
    """
    gathered = _Gathered()
    for line in lines:
        gathered.add(line)
    return gathered.merged()


def main_failure(result: CaseResult) -> Failure:
    """The first failure of a case; one that says so where the case failed without recording any."""
    unknown = Failure(
        comparison=result.check, culprit=Culprit.UNDECIDED, sentence=result.reason or "no failure was recorded"
    )
    return next(iter(result.failures), unknown)


def in_order(names: Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    """The distinct ``names``: those ``known`` in that order, then the others alphabetically."""
    rank = {name: position for position, name in enumerate(known)}
    return tuple(sorted(set(names), key=lambda name: (rank.get(name, len(rank)), name)))


class _Gathered:
    """What has been read so far."""

    def __init__(self) -> None:
        self.environments: list[Environment] = []
        self.identities: dict[str, int] = {}
        self.run: int | None = None
        self.ops: dict[tuple[str, str], Op] = {}
        self.faults: dict[SpecFault, None] = {}
        self.results: dict[tuple[int, str], CaseResult] = {}
        self.repeated = 0

    def add(self, line: Line) -> None:
        match line:
            case Environment():
                self.run = self._index(line)
            case Op():
                self.ops[line.path, line.name] = line
            case SpecFault():
                self.faults[line] = None
            case CaseResult():
                self._place(line)

    def _index(self, environment: Environment) -> int:
        identity = environment.model_copy(update={"date": "", "command": ""}).model_dump_json()
        if identity not in self.identities:
            self.identities[identity] = len(self.environments)
            self.environments.append(environment)
        return self.identities[identity]

    def _place(self, result: CaseResult) -> None:
        if self.run is None:
            self.run = self._index(UNKNOWN)
        key = (self.run, result.id)
        self.repeated += key in self.results and not result.weighed
        self.results[key] = result

    def merged(self) -> Merged:
        by_op: defaultdict[tuple[str, str], list[Placed]] = defaultdict(list)
        for (run, _), result in self.results.items():
            by_op[result.path, result.name].append(Placed(run, result))
        pages = [self._page(key, by_op[key]) for key in {**self.ops, **by_op}]
        pages.sort(key=lambda page: (page.op.family, page.op.name, page.op.path))
        runs = tuple(Run(i, _letters(i), e) for i, e in enumerate(self.environments))
        return Merged(runs, tuple(pages), tuple(self.faults), self.repeated)

    def _page(self, key: tuple[str, str], placed: list[Placed]) -> OpPage:
        op = self.ops.get(key) or _bare(placed[0].result)
        dtypes = in_order((p.result.dtype for p in placed), _DTYPES)
        checks = in_order((p.result.check for p in placed), _CHECKS)
        placed.sort(key=lambda p: (p.lane, dtypes.index(p.result.dtype), checks.index(p.result.check)))
        return OpPage(op, tuple(placed))


def _bare(result: CaseResult) -> Op:
    """What is known of an op whose own line is missing."""
    return Op(op=result.op, name=result.name, family="", path=result.path, summary="", reference="")


def _letters(index: int) -> str:
    return chr(ord("A") + index) if index < 26 else f"{_letters(index // 26 - 1)}{_letters(index % 26)}"


def _findings(page: OpPage) -> Iterable[Finding]:
    grouped: dict[tuple[str, str, str], list[tuple[Placed, Failure]]] = {}
    for placed in page.placed:
        if placed.result.outcome is not Outcome.FAILED:
            continue
        failure = main_failure(placed.result)
        grouped.setdefault((failure.culprit, failure.hint, failure.sentence), []).append((placed, failure))
    for members in grouped.values():
        yield Finding(page, members[0][1], tuple(placed for placed, _ in members))

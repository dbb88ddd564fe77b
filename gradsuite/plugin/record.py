"""The lines that one process of a test run records, each appended as it comes, and the case under way beside them.

Where pytest-xdist runs the tests, each worker has a file of its own, so that none waits for another and a crash costs
the case in flight alone: what it was stands in ``under-way``, and its last sample in a file that outlives the process.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from gradsuite.plan import Case, bare
from gradsuite.results import CaseResult, Environment, Line, Op, Outcome, Recorder

ENDED = "the test run ended while this case ran"


def results_file(folder: Path, worker: str = "") -> Path:
    """Where the lines of a process go."""
    return folder / (f"results.{worker}.jsonl" if worker else "results.jsonl")


def under_way_file(folder: Path, worker: str = "") -> Path:
    """Where the case that a process is at stands, as the result that it has if nothing follows."""
    return folder / (f"under-way.{worker}.jsonl" if worker else "under-way.jsonl")


class Record:
    """The lines of one process. ``flight``: where the sample under way is kept, if it is to outlive the process."""

    def __init__(self, folder: Path, worker: str = "", flight: Path | None = None) -> None:
        self._results, self._under_way = results_file(folder, worker), under_way_file(folder, worker)
        self._flight = flight
        self._cards: set[tuple[str, str]] = set()
        self._open = False

    def open(self, environment: Callable[[], Environment]) -> None:
        """The environment stands before the first result."""
        if not self._open:
            self._open = True
            self.write(environment())

    def lacks(self, case: Case) -> bool:
        """Whether the card of the case's op is not recorded yet."""
        return (case.spec.path, case.spec.name) not in self._cards

    def write(self, line: Line) -> None:
        """Appends one line."""
        with self._results.open("a", encoding="utf-8") as out:
            Recorder(out).write(line)
        if isinstance(line, Op):
            self._cards.add((line.path, line.name))
        elif isinstance(line, CaseResult):
            self._under_way.unlink(missing_ok=True)

    def follow(self, cases: Sequence[Case], lines: Iterable[Op | CaseResult]) -> Iterator[Op | CaseResult]:
        """Records each line of ``cases``, which end in their order; meanwhile it is known on disk which one is next."""
        waiting = deque(cases)
        self._begin(waiting)
        for line in lines:
            self.write(line)
            if isinstance(line, CaseResult):
                waiting.popleft()
                self._begin(waiting)
            yield line

    def _begin(self, waiting: deque[Case]) -> None:
        if not waiting:
            return
        with self._under_way.open("w", encoding="utf-8") as out:
            Recorder(out).write(bare(waiting[0], Outcome.ERROR, ENDED))
        if self._flight is not None:
            from gradsuite.flight import FLIGHT

            FLIGHT.keep_in(self._flight)  # anew: a sample of the case before would be told as this one's

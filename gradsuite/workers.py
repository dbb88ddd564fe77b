"""Many cases on several processes: each line as it ends, and a crash confined to the case that made it.

Cases of one group (op, device, dtype) stay together in one process, for they share their samples.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait

from gradsuite.plan import Case
from gradsuite.results import CaseResult, Op, Outcome
from gradsuite.runner import Session, Source, bare, of_spec
from gradsuite.spec import Waivers

SPAWN = get_context("spawn")  # a forked torch inherits locks of threads that do not exist


@dataclass
class Work:
    """The cases of one group that are still to be run; ``describe`` where the op's card is, too."""

    cases: list[Case]
    describe: bool


@dataclass(frozen=True)
class Settings:
    """What every session needs. ``source`` must be importable by name: it is sent to other processes."""

    profile: str
    seed: int
    waivers: Waivers | None
    source: Callable[[Case], Source]

    def run(self, work: Work) -> Iterator[Op | CaseResult]:
        """The card, then the result of each case."""
        session = Session(self.profile, self.seed, self.waivers, self.source)
        if work.describe:
            yield session.describe(work.cases[0])
        yield from map(session.run, work.cases)


def run_all(
    cases: Sequence[Case],
    *,
    profile: str,
    seed: int,
    waivers: Waivers | None,
    jobs: int,
    source: Callable[[Case], Source] = of_spec,
) -> Iterator[Op | CaseResult]:
    """Every op's card and every case's result, each as it ends. One job runs in this process, unguarded."""
    groups = [list(group) for _, group in groupby(cases, key=lambda case: case.group)]
    first = {_op(group): place for place, group in reversed(list(enumerate(groups)))}
    waiting = deque(Work(group, first[_op(group)] == place) for place, group in enumerate(groups))
    settings = Settings(profile, seed, waivers, source)
    if jobs == 1 or len(groups) == 1:
        for work in waiting:
            yield from settings.run(work)
        return
    yield from _in_parallel(waiting, settings, min(jobs, len(groups)))


def _op(group: Sequence[Case]) -> tuple[str, str]:
    return group[0].spec.path, group[0].spec.name


def _in_parallel(waiting: deque[Work], settings: Settings, jobs: int) -> Iterator[Op | CaseResult]:
    workers = [_Worker(settings) for _ in range(jobs)]
    try:
        while any([worker.busy(waiting) for worker in workers]):
            ready = wait([worker.pipe for worker in workers if worker.work])
            for worker in [worker for worker in workers if worker.pipe in ready]:
                line = worker.receive()
                if line is not None:
                    yield line
    finally:
        for worker in workers:
            worker.stop()


class _Worker:
    """A process, and the work that it is at."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.work: Work | None = None
        self._start()

    def _start(self) -> None:
        self.pipe, theirs = SPAWN.Pipe()
        self._process = SPAWN.Process(target=_serve, args=(theirs, self._settings), daemon=True)
        self._process.start()
        theirs.close()

    def busy(self, waiting: deque[Work]) -> bool:
        """Whether there is work; takes the next one where its own is done."""
        if self.work is None and waiting:
            self.work = waiting.popleft()
            self.pipe.send(self.work)
        return self.work is not None

    def receive(self) -> Op | CaseResult | None:
        """The next line; where the process died, an error for the case in flight, and a new process for the rest."""
        assert self.work is not None
        try:
            line: Op | CaseResult = self.pipe.recv()
        except (EOFError, ConnectionResetError):
            return self._died()
        if isinstance(line, CaseResult):
            self._done()
        else:
            self.work.describe = False
        return line

    def _died(self) -> CaseResult | None:
        assert self.work is not None
        self._process.join()
        code, work = self._process.exitcode, self.work
        self._start()
        if work.describe:  # drawing the op's card killed it: its cases are still to be tried
            work.describe = False
            self.pipe.send(work)
            return None
        case = work.cases[0]
        self._done()
        if self.work is not None:
            self.pipe.send(self.work)
        return bare(case, Outcome.ERROR, f"the op killed the interpreter (exit code {code})")

    def _done(self) -> None:
        assert self.work is not None
        del self.work.cases[0]
        if not self.work.cases:
            self.work = None

    def stop(self) -> None:
        """Ends the process, at work or not."""
        self._process.terminate()
        self._process.join()


def _serve(pipe: Connection, settings: Settings) -> None:
    """Runs what comes through the pipe until it is closed."""
    while True:
        try:
            work: Work = pipe.recv()
        except EOFError:
            return
        for line in settings.run(work):
            pipe.send(line)

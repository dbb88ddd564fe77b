"""Many cases on several processes: each line as it ends, and what an op does to its process confined to its case.

Cases of one group (op, device, dtype) stay together in one process, for they share their samples.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from multiprocessing import get_context
from multiprocessing.connection import wait
from typing import Any

from gradsuite.confinement import Confined, Settings, Sign, Work
from gradsuite.group import Source, of_spec
from gradsuite.plan import LIMIT, Case
from gradsuite.results import CaseResult, Op
from gradsuite.spec import Waivers

SPAWN = get_context("spawn")  # a forked torch inherits locks of threads that do not exist


def run_all(
    cases: Sequence[Case],
    *,
    profile: str,
    seed: int,
    waivers: Waivers | None,
    jobs: int = 1,
    source: Callable[[Case], Source] = of_spec,
    cautious: Callable[[Case], Source] | None = None,
    context: Any = SPAWN,
    limit: float = LIMIT,
) -> Iterator[Op | CaseResult]:
    """Every op's card and every case's result, each as it ends; with no ``context``, in this process.

    What an op does to this process cannot be confined then; a hang in Python code is interrupted.
    """
    groups = [list(group) for _, group in groupby(cases, key=lambda case: case.group)]
    first = {_op(group): place for place, group in reversed(list(enumerate(groups)))}
    waiting = deque(Work(group, first[_op(group)] == place) for place, group in enumerate(groups))
    settings = Settings(profile, seed, waivers, source, cautious, limit if context is None else math.inf)
    if context is None:
        yield from (line for work in waiting for line in settings.run(work) if not isinstance(line, Sign))
        return
    yield from _in_processes(waiting, [Confined(settings, context, limit) for _ in groups[:jobs]])


def _op(group: Sequence[Case]) -> tuple[str, str]:
    return group[0].spec.path, group[0].spec.name


def _in_processes(waiting: deque[Work], workers: Sequence[Confined]) -> Iterator[Op | CaseResult]:
    try:
        while busy := [worker for worker in workers if _busy(worker, waiting)]:
            patience = min(worker.deadline for worker in busy) - time.monotonic()
            ready = wait([worker.pipe for worker in busy], None if math.isinf(patience) else max(0.0, patience))
            for worker in busy:
                if worker.pipe in ready:
                    yield from worker.receive()
                elif worker.deadline <= time.monotonic():
                    yield from worker.cut_off()
    finally:
        for worker in workers:
            worker.stop()


def _busy(worker: Confined, waiting: deque[Work]) -> bool:
    """Whether it has work; it takes up the next one where its own is done."""
    if worker.work is None and waiting:
        worker.begin(waiting.popleft())
    return worker.work is not None

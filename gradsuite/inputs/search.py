"""Searches: each has an identity and a seed of its own, and leaves nothing behind.

No example database, no deadline, no global profile, no random state touched: the same identity and seed give the
same samples in every run, whatever ran before.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from contextlib import suppress

from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import seed as seeded
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import SearchStrategy

from gradsuite.flight import OutOfTime
from gradsuite.inputs.plainer import Plainer
from gradsuite.sample import Sample
from gradsuite.spec.definition import Definition

Predicate = Callable[[Sample], bool]
LONGEST = 5.0  # seconds of shrinking


def draw(strategy: SearchStrategy[Sample], *, count: int, identity: str, seed: int) -> list[Sample]:
    """Up to ``count`` samples, the plainest first; fewer where the strategy has no more, or rejects nearly all.

    And where the time is up: what asks an op whether it takes a sample may raise OutOfTime.
    """
    found: list[Sample] = []

    @seeded(_number(identity, seed))
    @_settings(count)
    @given(strategy)
    def collect(sample: Sample) -> None:
        found.append(sample)

    with suppress(Unsatisfiable, OutOfTime):
        collect()
    return found[:count]


def smallest(start: Sample, predicate: Predicate, *, definition: Definition, calls: int = 400) -> Sample:
    """The smallest and plainest sample for which ``predicate`` holds, reached from ``start``, which is not asked about.

    Works on the sample itself, which ends plainer than shrinking what Hypothesis drew. ``calls`` bounds how often
    ``predicate`` is asked, LONGEST for how many seconds.
    """
    return Plainer(definition, _Asked(predicate, calls)).plainest(start)


class _Asked:
    """A predicate that is asked up to a limit, and holds for nothing after it."""

    def __init__(self, predicate: Predicate, limit: int) -> None:
        self._predicate, self._left, self._end = predicate, limit, time.perf_counter() + LONGEST

    def __call__(self, sample: Sample) -> bool:
        if self._left <= 0 or time.perf_counter() > self._end:
            return False
        self._left -= 1
        return self._predicate(sample)


def _settings(count: int) -> settings:
    """Every setting is given, so that no profile of a host suite takes part."""
    return settings(
        max_examples=count,
        phases=(Phase.generate,),
        database=None,
        deadline=None,
        derandomize=False,
        report_multiple_bugs=False,
        print_blob=False,
        verbosity=Verbosity.quiet,
        suppress_health_check=tuple(HealthCheck),
        backend="hypothesis",
        stateful_step_count=1,
    )


def _number(identity: str, seed: int) -> int:
    """A seed for this search alone."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{identity}".encode()).digest()[:8], "big")

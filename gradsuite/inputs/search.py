"""Searches: each has an identity and a seed of its own, and leaves nothing behind.

No example database, no deadline, no global profile, no random state touched: the same identity and seed give the
same samples in every run, whatever ran before.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable
from random import Random

from hypothesis import HealthCheck, Phase, Verbosity, find, given, settings
from hypothesis import seed as seeded
from hypothesis.errors import HypothesisException, Unsatisfiable
from hypothesis.strategies import SearchStrategy

from gradsuite.inputs.plainer import Plainer
from gradsuite.sample import Sample
from gradsuite.spec.definition import Definition

Predicate = Callable[[Sample], bool]


def draw(strategy: SearchStrategy[Sample], *, count: int, identity: str, seed: int) -> list[Sample]:
    """Up to ``count`` samples, the plainest first; fewer where the strategy has no more, or rejects nearly all."""
    found: list[Sample] = []

    @seeded(_number(identity, seed))
    @_settings(count, Phase.generate)
    @given(strategy)
    def collect(sample: Sample) -> None:
        found.append(sample)

    try:
        collect()
    except Unsatisfiable:
        return found
    return found[:count]


def smallest(
    strategy: SearchStrategy[Sample],
    predicate: Predicate,
    *,
    identity: str,
    seed: int,
    start: Sample | None = None,
    definition: Definition | None = None,
    count: int = 100,
    calls: int = 400,
) -> Sample | None:
    """The smallest and plainest sample found for which ``predicate`` holds, or None where none was met.

    ``start`` is a sample known to fail; with ``definition`` too, the search starts from it outright, which is
    cheapest. Else ``count`` samples are drawn as ``draw`` does with the same identity and seed, and the first for
    which ``predicate`` holds is shrunk by Hypothesis. ``calls`` bounds how often ``predicate`` is asked.
    """
    asked = _Asked(predicate, calls)
    if start is not None and definition is not None and asked(start):
        return Plainer(definition, asked).plainest(start)
    best = _found(strategy, asked, identity, seed, count) or start
    if best is None or definition is None:
        return best
    return Plainer(definition, asked).plainest(best)


class _Enough(BaseException):
    """The predicate was asked often enough. Not an Exception: Hypothesis would take that for a failure to shrink."""


class _Asked:
    """A predicate that is asked up to a limit, and holds for nothing after it."""

    def __init__(self, predicate: Predicate, limit: int) -> None:
        self._predicate, self.left = predicate, limit

    def __call__(self, sample: Sample) -> bool:
        if self.left <= 0:
            return False
        self.left -= 1
        return self._predicate(sample)


def _found(strategy: SearchStrategy[Sample], asked: _Asked, identity: str, seed: int, count: int) -> Sample | None:
    """The sample that Hypothesis shrinks to with half the calls, or None."""
    held: list[Sample] = []
    stop = asked.left // 2

    def holds(sample: Sample) -> bool:
        if held and asked.left <= stop:
            raise _Enough
        if asked(sample):
            held.append(sample)
            return True
        return False

    # What Hypothesis has to say (no example, a flaky predicate) changes nothing of what was held.
    with contextlib.suppress(HypothesisException, _Enough):
        find(
            strategy,
            holds,
            settings=_settings(count, Phase.generate, Phase.shrink),
            random=Random(_number(identity, seed)),
        )
    return held[-1] if held else None


def _settings(count: int, *phases: Phase) -> settings:
    """Every setting is given, so that no profile of a host suite takes part."""
    return settings(
        max_examples=count,
        phases=phases,
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

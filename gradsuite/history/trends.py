"""Each op's way through the runs."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from itertools import takewhile

from gradsuite.history.store import Total
from gradsuite.results import Outcome, verdict

_BROKEN = (Outcome.FAILED, Outcome.ERROR)


@dataclass
class Point:
    """What an op's cases came to in one run; ``error`` is the worst, in natural errors."""

    counts: Counter[Outcome] = field(default_factory=Counter)
    error: float | None = None

    @property
    def verdict(self) -> Outcome:
        """The worst outcome."""
        return verdict(self.counts)

    def add(self, total: Total) -> None:
        """Take in what one outcome came to."""
        self.counts[total.outcome] += total.cases
        if total.error is not None:
            self.error = max(total.error, self.error or 0.0)


@dataclass(frozen=True)
class Trend:
    """An op on a device. ``runs`` are those with that device, oldest first; ``points`` what it came to in them."""

    path: str
    op: str
    device: str
    runs: tuple[int, ...]
    points: dict[int, Point]

    @property
    def now(self) -> Point:
        """The newest."""
        return self.points[next(reversed(self.points))]

    @property
    def course(self) -> list[Point | None]:
        """What it came to run by run; None where a run did not have it."""
        return [self.points.get(run) for run in self.runs]

    @property
    def streak(self) -> list[int]:
        """The runs, newest first, since the verdict last changed."""
        return list(takewhile(lambda run: self.points[run].verdict is self.now.verdict, reversed(self.points)))

    @property
    def steady(self) -> bool:
        """Whether the verdict never changed."""
        return len(self.streak) == len(self.points)

    @property
    def fails(self) -> bool:
        """Whether it fails, or cannot be run, now."""
        return self.now.verdict in _BROKEN


def trends(totals: Iterable[Total], runs: Collection[int]) -> list[Trend]:
    """A trend for each op and device: what fails comes first, then what changed, the latest change before others.

    ``runs`` are the runs' numbers, oldest first.
    """
    found: defaultdict[tuple[str, str, str], defaultdict[int, Point]] = defaultdict(lambda: defaultdict(Point))
    of_device: defaultdict[str, set[int]] = defaultdict(set)
    for total in totals:
        of_device[total.device].add(total.run)
        found[total.path, total.op, total.device][total.run].add(total)
    made = []
    for (path, op, device), points in found.items():
        order = tuple(run for run in runs if run in of_device[device])
        made.append(Trend(path, op, device, order, {run: points[run] for run in order if run in points}))
    return sorted(made, key=lambda t: (not t.fails, t.steady, len(t.streak), t.op, t.path, t.device))

"""The cases of two runs, side by side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gradsuite.reporters.merge import Merged
from gradsuite.results import CaseResult, Environment, verdict

_ByRelease = dict[str, CaseResult]


@dataclass(frozen=True)
class Pair:
    """A case in both runs; one of the two is None where the other run alone has it."""

    case: str
    before: CaseResult | None
    after: CaseResult | None


def pairs(base: Merged, new: Merged) -> Iterator[Pair]:
    """Each case of either, in the order of ``new``; what only ``base`` has comes last.

    Where a side holds a case several times (runs of several releases of torch, merged), it is compared release by
    release. Of several results for one case in one release the worst counts.
    """
    old, now = _by_case(base), _by_case(new)
    for case in {**now, **old}:
        before, after = old.get(case, {}), now.get(case, {})
        if len(before) <= 1 and len(after) <= 1:
            yield Pair(case, _only(before), _only(after))
        else:
            for release in {**before, **after}:
                yield Pair(f"{case} ({release})", before.get(release), after.get(release))


def _by_case(merged: Merged) -> dict[str, _ByRelease]:
    found: defaultdict[tuple[str, str], list[CaseResult]] = defaultdict(list)
    for placed in merged.placed:
        found[placed.result.id, _release(merged.runs[placed.run].environment)].append(placed.result)
    ordered: defaultdict[str, _ByRelease] = defaultdict(dict)
    for (case, release), results in found.items():
        ordered[case][release] = _worst(results)
    return dict(ordered)


def _release(environment: Environment) -> str:
    minor = ".".join(environment.python.split(".")[:2])
    return f"torch {environment.torch}, python {minor}"


def _worst(results: Sequence[CaseResult]) -> CaseResult:
    worst = verdict(result.outcome for result in results)
    return next(result for result in results if result.outcome is worst)


def _only(found: _ByRelease) -> CaseResult | None:
    return next(iter(found.values()), None)

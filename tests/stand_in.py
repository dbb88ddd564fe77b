"""A runner that decides by a case's name alone, so that the shell around it is tested in milliseconds.

``value`` passes, ``reverse`` fails in bfloat16, ``edge`` is unsupported, ``kink`` inconclusive, ``graph`` waived and
``inplace`` an error.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from types import ModuleType

from gradsuite.plan import Case
from gradsuite.results import CaseResult, Culprit, Environment, Failure, Op, Outcome
from gradsuite.spec import Waivers

FAILURE = Failure(
    comparison="reverse mode along a tangent",
    culprit=Culprit.BACKWARD,
    sentence="the formula and the differences agree, autograd does not",
    hint="twice too large",
    replay="gradsuite run specs --ops exp",
)
OUTCOMES = {
    "edge": Outcome.UNSUPPORTED,
    "kink": Outcome.INCONCLUSIVE,
    "graph": Outcome.WAIVED,
    "inplace": Outcome.ERROR,
}


class Session:
    def __init__(
        self, profile: str = "default", seed: int = 0, waivers: Waivers | None = None, limit: float = 60.0
    ) -> None:
        self.profile, self.seed, self.waivers = profile, seed, waivers

    def environment(self, command: str) -> Environment:
        return Environment(
            gradsuite="0",
            torch="2.13.0",
            python="3.11",
            platform="any",
            devices=("cpu",),
            threads=1,
            date="2026-01-01T00:00:00Z",
            command=command,
            profile=self.profile,
            seed=self.seed,
        )

    def describe(self, case: Case) -> Op:
        spec = case.spec
        return Op(op=spec.op, name=spec.name, family=spec.family, path=spec.path, summary="", reference="")

    def run(self, case: Case) -> CaseResult:
        failed = case.check == "reverse" and case.dtype == "bfloat16"
        return CaseResult(
            id=case.id,
            op=case.spec.op,
            name=case.spec.name,
            path=case.spec.path,
            check=case.check,
            device=case.device,
            dtype=case.dtype,
            outcome=Outcome.FAILED if failed else OUTCOMES.get(case.check, Outcome.PASSED),
            reason="a reason",
            seed=self.seed,
            failures=(FAILURE,) if failed else (),
        )


def of_spec(case: Case) -> None:
    """Nothing is drawn."""


def run_all(
    cases: Sequence[Case], *, profile: str, seed: int, waivers: Waivers | None, **options: object
) -> Iterator[CaseResult]:
    session = Session(profile, seed, waivers)
    yield from map(session.run, cases)


def module() -> ModuleType:
    """The stand-in under the runner's name."""
    return sys.modules[__name__]

"""One case to one result: samples drawn once for each op, device and dtype, compared, and shrunk where they fail."""

from __future__ import annotations

import math
import platform
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

import torch

import gradsuite
from gradsuite import checks, devices
from gradsuite.alarm import Overdue, alarm
from gradsuite.comparison import Check, Comparison
from gradsuite.errors import GradsuiteError, Unsupported
from gradsuite.failure import last_sample, tell
from gradsuite.flight import FLIGHT, OutOfTime, Seen
from gradsuite.group import Group, Source, definition_of, of_spec
from gradsuite.inputs.search import smallest
from gradsuite.numerics.estimate import Agreement
from gradsuite.plan import Case, bare
from gradsuite.results import CaseResult, Environment, Failure, LastSample, Op, Outcome
from gradsuite.routes.evidence import Evidence
from gradsuite.sample import Sample
from gradsuite.spec import Waiver, Waivers
from gradsuite.spec.definition import Spec
from gradsuite.tally import Tally

SHRINKS = 150  # how often a failing comparison is asked again while it shrinks
STRICT = ("default", 0)  # the profile and seed in which a waived case must fail, or the waiver goes
RESTLESS = "the op gives another value when it is called again with the same inputs: its calls cannot be compared"
PATIENCE = 10.0  # seconds after which no further sample of a case is begun; twice that, and what is begun is given up
HANGS = 2  # cases of one group that may take too long before the rest of it is given up
FAILURES = 3  # distinct comparisons of one case that are shrunk and told


class Session:
    """Runs cases one after the other; keeps the samples of the current group only.

    Interrupts (gradsuite.alarm) what takes more than ``limit`` seconds.
    """

    def __init__(
        self,
        profile: str = "default",
        seed: int = 0,
        waivers: Waivers | None = None,
        source: Callable[[Case], Source] = of_spec,
        limit: float = math.inf,
    ) -> None:
        self.profile, self.seed, self._waivers, self._source, self._limit = profile, seed, waivers, source, limit
        self._key: tuple[str, ...] = ()
        self._group: Group | None = None
        self._hangs: Counter[tuple[str, ...]] = Counter()
        self._given_up: dict[tuple[str, ...], tuple[str, Seen | None]] = {}

    def environment(self, command: str) -> Environment:
        """What a report says of where it comes from."""
        here = devices.available()
        flags = {f"{name}: {key}": value for name in here for key, value in devices.get(name).flags().items()}
        return Environment(
            gradsuite=gradsuite.__version__, torch=torch.__version__, python=sys.version.split()[0],
            platform=platform.platform(),
            devices=here, threads=torch.get_num_threads(), date=datetime.now(UTC).isoformat(timespec="seconds"),
            command=command, profile=self.profile, seed=self.seed, flags=flags,
            checks={name: checks.describe(name) for name in checks.names()},
        )  # fmt: skip

    def describe(self, case: Case) -> Op:
        """The case's op as the report shows it."""
        if case.group in self._given_up:
            return bare_op(case.spec)
        with quiet():
            try:
                with alarm(self._limit):
                    return self._source(case).card()
            except (Exception, SystemExit, Overdue):  # its cases say why
                return bare_op(case.spec)

    def open(self, case: Case) -> None:
        """Draws the samples of the case's group, which calls the op at each; what it raises, its cases say.

        So they do if that takes too long; Overdue is then raised, too.
        """
        FLIGHT.sample = None
        try:
            with quiet(), suppress(Exception, SystemExit), alarm(self._limit):
                self._group_of(case).drawn  # noqa: B018
        except Overdue as reason:
            self._given_up[case.group] = f"{reason} when it was first tried", FLIGHT.seen
            raise

    def run(self, case: Case) -> CaseResult:
        """The result of ``case``; whatever the op does ends in an outcome, never in an exception."""
        started, FLIGHT.sample = time.perf_counter(), None
        try:
            with quiet(), alarm(self._limit):
                result = self._waived(case, self._run(case))
        except (Exception, SystemExit) as error:  # an op may raise anything: recorded as what it is
            result = self.stopped(case, f"{type(error).__name__}: {error}", FLIGHT.seen)
        except Overdue as reason:
            result = self._overdue(case, str(reason))
        return result.model_copy(update={"seconds": round(time.perf_counter() - started, 4), "seed": self.seed})

    def stopped(self, case: Case, reason: str, seen: Seen | None) -> CaseResult:
        """The result of a case that ended early, at the sample that was ``seen`` last. The op is not called."""
        result = bare(case, Outcome.ERROR, reason)
        if seen is not None:
            definition = next((each for each in case.spec.definitions if each.name == seen.sample.variant), None)
            told = last_sample(
                seen, case=case.id, replay=self._source(case).replay(case, self.seed), reason=reason,
                op=case.spec.op, definition=definition, random=bool(definition and definition.draws),
            )  # fmt: skip
            result = result.model_copy(update={"last_sample": told})
        return self._waived(case, result)

    def _overdue(self, case: Case, reason: str) -> CaseResult:
        self._hangs[case.group] += 1
        if self._hangs[case.group] == HANGS:
            self._given_up[case.group] = not_tried(reason), None
        return self.stopped(case, reason, FLIGHT.seen)

    def _group_of(self, case: Case) -> Group:
        """The case's group; what the op is asked from now on is known to belong to it. Raises Unsupported."""
        if self._group is None or self._key != case.group:
            source = self._source(case)
            FLIGHT.origin = source.origin
            _ = source.subjects
            self._group, self._key = Group(source, case, self.profile, self.seed), case.group
        FLIGHT.origin = self._group.origin
        return self._group

    def _run(self, case: Case) -> CaseResult:
        if case.group in self._given_up:
            return self.stopped(case, *self._given_up[case.group])
        check = checks.get(case.check)
        try:
            group = self._group_of(case)
        except Unsupported as reason:
            return bare(case, Outcome.UNSUPPORTED, str(reason))
        reasons = [check.needs(subject.definition) for subject in group.subjects]
        if all(reasons):
            return bare(case, Outcome.UNSUPPORTED, reasons[0])
        able = {id(subject) for subject, reason in zip(group.subjects, reasons, strict=True) if not reason}
        chosen: list[Evidence] = getattr(group, check.samples)
        tally, started = Tally(), time.perf_counter()
        for place, evidence in enumerate(chosen):
            left = started + PATIENCE - time.perf_counter() if place else math.inf
            try:
                with FLIGHT.within(PATIENCE + left if left > 0 else 0.0):
                    FLIGHT.at(evidence.sample)
                    if id(evidence.subject) in able and tally.add(evidence, check):
                        break
            except OutOfTime:
                tally.stopped(place, len(chosen))
                break
        if check.compares_calls and tally.distinct(1) and not group.repeats:
            return bare(case, Outcome.INCONCLUSIVE, RESTLESS)
        failures = [
            self._tell(case, group, check, evidence, found, tally) for evidence, found in tally.distinct(FAILURES)
        ]
        return bare(case, *tally.verdict()).model_copy(
            update={
                "samples": tally.samples,
                "conclusive": tally.conclusive,
                "measures": tally.measures(),
                "last_sample": self._raised(case, group, tally.raised_at, tally.verdict()[1]),
                "failures": tuple(failures),
                "notes": (*(group.skipped if check.samples == "edge" else ()), *tally.notes),
            }
        )

    def _raised(self, case: Case, group: Group, at: Evidence | None, reason: str) -> LastSample | None:
        """The sample at which the op raised what the ``reason`` says, if that is the verdict."""
        if at is None:
            return None
        return last_sample(
            Seen(at.sample, group.origin(at.sample)), case=case.id, replay=group.replay(case), reason=reason,
            op=case.spec.op, definition=at.subject.definition, random=at.subject.random, tried=True,
        )  # fmt: skip

    def _tell(
        self, case: Case, group: Group, check: Check, evidence: Evidence, found: Comparison, tally: Tally
    ) -> Failure:
        """The failure at its smallest sample: the same comparison fails there with the same culprit.

        What is waived is known: it is told where it was met.
        """
        subject = evidence.subject

        def fails(sample: Sample) -> bool:
            # A domain given as a function may raise where it is not meant to be asked.
            with suppress(Exception, OutOfTime), FLIGHT.within(PATIENCE):
                at = Evidence(subject, sample, found.name)
                return subject.admits(sample.tensors) and _same_failure(check, at, found) is not None
            return False

        if check.shrinks and self._waiver(case) is None:
            best = smallest(evidence.sample, fails, definition=definition_of(subject), calls=SHRINKS)
            if best is not evidence.sample:
                evidence = Evidence(subject, best, found.name)
                found = _same_failure(check, evidence, found) or found
        failure = tell(
            evidence, found, op=case.spec.op, replay=group.replay(case), case=case.id,
            origin=group.origin(evidence.sample),
        )  # fmt: skip
        return failure.model_copy(update={"when": tally.shared(found, evidence.sample)})

    def _waiver(self, case: Case) -> Waiver | None:
        return self._waivers.find(case.id) if self._waivers is not None else None

    def _waived(self, case: Case, result: CaseResult) -> CaseResult:
        waiver = self._waiver(case)
        if waiver is None:
            return result
        if result.outcome is Outcome.PASSED and (waiver.rare or (self.profile, self.seed) != STRICT):
            return result  # other samples may miss the defect
        if result.outcome in (Outcome.FAILED, Outcome.ERROR, Outcome.INCONCLUSIVE):
            return result.model_copy(update={"outcome": Outcome.WAIVED, "reason": f"{waiver.reason} ({waiver.link})"})
        return result.model_copy(
            update={
                "outcome": Outcome.ERROR,
                "reason": f"waived at {waiver.path}:{waiver.line}, but the case is {result.outcome}: remove the waiver",
            }
        )


@contextmanager
def quiet() -> Iterator[None]:
    """Keeps the host as it is, and the op to this thread and to itself."""
    # Dispatch modes see only the calling thread. What an op warns of at strange samples would bury the result.
    with devices.kept(threads=1), torch.autograd.set_multithreading_enabled(False):
        warnings.simplefilter("ignore")
        yield


def _same_failure(check: Check, evidence: Evidence, found: Comparison) -> Comparison | None:
    try:
        return next(
            (c for c in check.compare(evidence) if c.agreement is Agreement.DISAGREE and c.key == found.key), None
        )
    except (
        Unsupported,
        GradsuiteError,
        RuntimeError,
        ValueError,
        TypeError,
        IndexError,
        ArithmeticError,
        NotImplementedError,
    ):
        return None  # a smaller sample that the op refuses does not show the same failure


def not_tried(reason: str) -> str:
    """What is said of the other cases of a group, in which HANGS were ended for ``reason``."""
    return f"not tried: {reason} in {HANGS} cases before"


def bare_op(spec: Spec) -> Op:
    """The card of an op of which nothing could be drawn."""
    return Op(op=spec.op, name=spec.name, family=spec.family, path=spec.path, summary="", reference="")

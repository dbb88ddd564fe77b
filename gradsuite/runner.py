"""One case to one result: samples drawn once for each op, device and dtype, compared, and shrunk where they fail."""

from __future__ import annotations

import math
import platform
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from itertools import islice
from typing import Any, Literal

import torch

import gradsuite
from gradsuite import checks, devices
from gradsuite.comparison import Check, Comparison
from gradsuite.errors import GradsuiteError, Unsupported
from gradsuite.failure import last_sample, tell
from gradsuite.flight import FLIGHT
from gradsuite.inputs.edges import EdgeSample, edges
from gradsuite.inputs.kinks import on_kinks
from gradsuite.inputs.large import large
from gradsuite.inputs.sampler import PROFILES, differentiable
from gradsuite.inputs.search import draw, smallest
from gradsuite.inputs.strategies import samples
from gradsuite.numerics.estimate import Agreement
from gradsuite.plan import Case
from gradsuite.results import CaseResult, Environment, Failure, Op, Outcome
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.repetition import repeats
from gradsuite.routes.shield import shielded
from gradsuite.sample import Sample, Subject
from gradsuite.spec import Waivers
from gradsuite.spec.definition import Spec
from gradsuite.subject import subjects
from gradsuite.tally import Tally

COUNTS = {"quick": 6, "default": 16, "thorough": 64}  # samples of one op on one device in one dtype
SHRINKS = 150  # how often a failing comparison is asked again while it shrinks
STRICT = ("default", 0)  # the profile and seed in which a waived case must fail, or the waiver goes
LARGE = 8  # samples whose size lies past the tiles of kernels
FEW = 4  # samples for checks that run an op many times
RESTLESS = "the op gives another value when it is called again with the same inputs: its calls cannot be compared"
FAILURES = 3  # distinct comparisons of one case that are shrunk and told


Kind = Literal["drawn", "plain", "large", "kink"]


@dataclass(frozen=True)
class Order:
    """What samples are wanted: of which kind and dtype, where, how many, from which identity and seed."""

    kind: Kind
    dtype: torch.dtype
    device: torch.device
    profile: str
    count: int
    identity: str
    seed: int


@dataclass(frozen=True)
class Source:
    """Where samples come from: the subjects, the ordinary samples of one, how to run a case again, the op's card."""

    subjects: Sequence[Subject]
    draw: Callable[[Subject, Order], list[Sample]]
    replay: Callable[[Case, int], str]
    card: Callable[[], Op]


def of_spec(case: Case) -> Source:
    """The variants of the case's spec, each sampled as its definition says."""
    spec = case.spec

    def drawn(subject: Subject, order: Order) -> list[Sample]:
        if order.kind == "large":
            found = large(_definition(subject), {}, dtype=order.dtype, device=order.device, seed=order.seed)
            return list(islice(found, order.count))
        values = ("normal",) if order.kind == "plain" else PROFILES
        strategy = samples(
            _definition(subject), dtype=order.dtype, device=order.device, profile=order.profile, profiles=values
        )
        return draw(strategy, count=order.count, identity=order.identity, seed=order.seed)

    def replay(case: Case, seed: int) -> str:
        one = f"--checks {case.check} --device {case.device} --dtype {case.dtype} --seed {seed}"
        return f"gradsuite run {spec.path} {one}"

    def card() -> Op:
        from gradsuite import card

        return card.card(spec)

    return Source(subjects(spec), drawn, replay, card)


class Group:
    """The samples of one op on one device in one dtype, drawn once and shared by the checks."""

    def __init__(self, source: Source, case: Case, profile: str, seed: int) -> None:
        self._source, self._profile, self.seed = source, profile, seed
        self._dtype, self._device = getattr(torch, case.dtype), torch.device(case.device)
        _, *identity = case.group  # the same samples wherever the spec lies
        self._identity = "::".join(identity)

    @cached_property
    def subjects(self) -> list[Subject]:
        """The source's subjects; one that overwrites what it is given is kept from it, for samples are shared."""
        guilty = {id(evidence.subject) for evidence in self._unshielded if evidence.overwrites}
        return [shielded(subject) if id(subject) in guilty else subject for subject in self._source.subjects]

    @cached_property
    def drawn(self) -> list[Evidence]:
        """Ordinary samples, shared out among the variants."""
        shields = {id(subject.original): subject for subject in self.subjects}
        return [
            Evidence(shields[id(evidence.subject)], evidence.sample) if id(evidence.subject) in shields else evidence
            for evidence in self._unshielded
        ]

    @cached_property
    def _unshielded(self) -> list[Evidence]:
        subjects = self._source.subjects
        each = max(2, COUNTS[self._profile] // len(subjects))
        return [
            Evidence(subject, sample)
            for subject in subjects
            for sample in self._source.draw(subject, self._order(subject, each, "drawn"))
        ]

    @cached_property
    def large(self) -> list[Evidence]:
        """Samples with one size past the tiles of kernels, shared out among the variants."""
        each = max(2, LARGE // len(self.subjects))
        return [
            Evidence(subject, sample)
            for subject in self.subjects
            for sample in self._source.draw(subject, self._order(subject, each, "large"))
        ]

    def _order(self, subject: Subject, count: int, kind: Kind) -> Order:
        identity = f"{self._identity}::{_variant(subject)}::{kind}"
        return Order(kind, self._dtype, self._device, self._profile, count, identity, self.seed)

    @cached_property
    def _edges(self) -> list[tuple[Subject, EdgeSample]]:
        return [
            (subject, found)
            for subject in self.subjects
            for found in edges(_definition(subject), dtype=self._dtype, device=self._device)
        ]

    @cached_property
    def edge(self) -> list[Evidence]:
        """The declared edge samples that the dtype can hold."""
        return [Evidence(subject, found.sample) for subject, found in self._edges if found.sample is not None]

    @property
    def skipped(self) -> list[str]:
        """Why the dtype cannot hold the other edge samples."""
        return [f"an edge sample is left out: {found.skipped}" for _, found in self._edges if found.skipped]

    @cached_property
    def kink(self) -> list[Evidence]:
        """Samples with elements on a declared kink."""
        return [
            Evidence(subject, sample)
            for subject in self.subjects
            if _definition(subject).kinks
            for sample in self._on_kinks(subject, self._order(subject, COUNTS[self._profile] // 2, "kink"))
        ]

    def _on_kinks(self, subject: Subject, order: Order) -> list[Sample]:
        strategy = on_kinks(_definition(subject), dtype=order.dtype, device=order.device, profile=order.profile)
        return draw(strategy, count=order.count, identity=order.identity, seed=order.seed)

    @cached_property
    def few(self) -> list[Evidence]:
        """Up to FEW ordinary, full samples of each variant, of different shapes, every input differentiated."""
        variants = dict.fromkeys(map(_variant, self.subjects))
        return [_with_all(evidence) for variant in variants for evidence in self._ordinary(variant)]

    @cached_property
    def first(self) -> list[Evidence]:
        """One ordinary, full sample of each variant, every input differentiated."""
        firsts = {_variant(evidence.subject): evidence for evidence in reversed(self.few)}
        return list(reversed(firsts.values()))

    def _ordinary(self, variant: str) -> list[Evidence]:
        mine = [e for e in self.drawn if _variant(e.subject) == variant]
        plain = [e for e in mine if e.sample.profile in ("normal", "example")]
        full = _full(plain)
        if len(full) < FEW:
            full = _full([*plain, *self._plainer(variant)])
        return (full or plain or mine)[:FEW]

    def _plainer(self, variant: str) -> list[Evidence]:
        """More samples with ordinary values, for where chance drew few that are full."""
        subject = next(subject for subject in self.subjects if _variant(subject) == variant)
        order = self._order(subject, COUNTS[self._profile], "plain")
        return [Evidence(subject, sample) for sample in self._source.draw(subject, order)]

    @cached_property
    def repeats(self) -> bool:
        """Whether the op gives the same when it is called again at an ordinary sample, or raises there."""
        with suppress(Exception):
            return all(map(repeats, self.first))
        return True

    def replay(self, case: Case) -> str:
        """How to run ``case`` again."""
        return self._source.replay(case, self.seed)


class Session:
    """Runs cases one after the other; keeps the samples of the current group only."""

    def __init__(
        self,
        profile: str = "default",
        seed: int = 0,
        waivers: Waivers | None = None,
        source: Callable[[Case], Source] = of_spec,
    ) -> None:
        self.profile, self.seed, self._waivers, self._source = profile, seed, waivers, source
        self._key: tuple[str, ...] = ()
        self._group: Group | None = None

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
        with _quiet():
            try:
                return self._source(case).card()
            except (Exception, SystemExit):  # its cases say why
                return bare_op(case.spec)

    def open(self, case: Case) -> None:
        """Draws the samples of the case's group, which calls the op at each; what it raises, its cases say."""
        with _quiet(), suppress(Exception, SystemExit):
            self._group_of(case).drawn  # noqa: B018

    def run(self, case: Case) -> CaseResult:
        """The result of ``case``; whatever the op does ends in an outcome, never in an exception."""
        started, FLIGHT.sample = time.perf_counter(), None
        try:
            with _quiet():
                result = self._waived(case, self._run(case))
        except (Exception, SystemExit) as error:  # an op may raise anything: recorded as what it is
            result = self.stopped(case, f"{type(error).__name__}: {error}", FLIGHT.sample)
        return result.model_copy(update={"seconds": round(time.perf_counter() - started, 4), "seed": self.seed})

    def stopped(self, case: Case, reason: str, sample: Sample | None) -> CaseResult:
        """The result of a case that ended early, at ``sample``."""
        result = bare(case, Outcome.ERROR, reason)
        if sample is not None:
            result = result.model_copy(update={"last_sample": last_sample(sample)})
        return self._waived(case, result)

    def _group_of(self, case: Case) -> Group:
        if self._group is None or self._key != case.group:
            self._group, self._key = Group(self._source(case), case, self.profile, self.seed), case.group
        return self._group

    def _run(self, case: Case) -> CaseResult:
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
        tally = Tally()
        for evidence in chosen:
            FLIGHT.at(evidence.sample)
            if id(evidence.subject) in able and tally.add(evidence, check):
                break
        if check.compares_calls and tally.distinct(1) and not group.repeats:
            return bare(case, Outcome.INCONCLUSIVE, RESTLESS)
        failures = [
            self._tell(case, group, check, evidence, found).model_copy(update={"when": tally.shared(found)})
            for evidence, found in tally.distinct(FAILURES)
        ]
        return bare(case, *tally.verdict()).model_copy(
            update={
                "samples": tally.samples,
                "conclusive": tally.conclusive,
                "measures": tally.measures(),
                "last_sample": last_sample(tally.raised_at) if tally.raised_at else None,
                "failures": tuple(failures),
                "notes": (*(group.skipped if check.samples == "edge" else ()), *tally.notes),
            }
        )

    def _tell(self, case: Case, group: Group, check: Check, evidence: Evidence, found: Comparison) -> Failure:
        """The failure at its smallest sample: the same comparison fails there with the same culprit."""
        subject = evidence.subject

        def fails(sample: Sample) -> bool:
            return _same_failure(check, Evidence(subject, sample, found.name), found) is not None

        best = evidence.sample
        if check.shrinks and fails(best):
            best = smallest(best, fails, definition=_definition(subject), calls=SHRINKS)
        at = Evidence(subject, best, found.name)
        return tell(at, _same_failure(check, at, found) or found, op=case.spec.op, replay=group.replay(case))

    def _waived(self, case: Case, result: CaseResult) -> CaseResult:
        waiver = self._waivers.find(case.id) if self._waivers is not None else None
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
def _quiet() -> Iterator[None]:
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


def _with_all(evidence: Evidence) -> Evidence:
    """The same sample with every input requiring grad that may."""
    names = differentiable(_definition(evidence.subject), evidence.sample.tensors)
    if names == evidence.sample.differentiable:
        return evidence  # and what is known of it
    return Evidence(evidence.subject, replace(evidence.sample, differentiable=names))


def _full(found: list[Evidence]) -> list[Evidence]:
    """One for each combination of shapes whose tensors all have several elements; those without a size of 1 first."""
    shaped = {_shapes(evidence.sample): evidence for evidence in reversed(found)}
    full = [shapes for shapes in reversed(shaped) if all(math.prod(shape) > 1 for shape in shapes if shape is not None)]
    return [shaped[shapes] for shapes in sorted(full, key=lambda shapes: any(1 in shape for shape in shapes if shape))]


def _shapes(sample: Sample) -> tuple[tuple[int, ...] | None, ...]:
    return tuple(None if t is None else tuple(t.shape) for t in sample.tensors.values())


def _definition(subject: Subject) -> Any:
    assert subject.definition is not None
    return subject.definition


def _variant(subject: Subject) -> str:
    """The name of the definition, which several subjects may share."""
    name: str = _definition(subject).name
    return name


def bare(case: Case, outcome: Outcome, reason: str = "") -> CaseResult:
    """A result with nothing measured."""
    return CaseResult(
        id=case.id, op=case.spec.op, name=case.spec.name, path=case.spec.path, check=case.check, device=case.device,
        dtype=case.dtype, outcome=outcome, reason=reason,
    )  # fmt: skip


def bare_op(spec: Spec) -> Op:
    """The card of an op of which nothing could be drawn."""
    return Op(op=spec.op, name=spec.name, family=spec.family, path=spec.path, summary="", reference="")

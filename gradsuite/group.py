"""The samples of one op on one device in one dtype: where they come from, drawn once, and shared by the checks."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from typing import Any, Literal

import torch

from gradsuite import devices
from gradsuite.inputs.edges import EdgeSample, edges
from gradsuite.inputs.kinks import on_kinks
from gradsuite.inputs.large import large
from gradsuite.inputs.sampler import PROFILES, differentiable
from gradsuite.inputs.search import draw
from gradsuite.inputs.strategies import samples
from gradsuite.plan import Case
from gradsuite.results import Op, Origin, digest
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.repetition import repeats
from gradsuite.routes.shield import shielded
from gradsuite.sample import Sample, Subject
from gradsuite.subject import subjects

COUNTS = {"quick": 6, "default": 16, "thorough": 64}  # samples of one op on one device in one dtype
LARGE = 8  # samples whose size lies past the tiles of kernels
FEW = 4  # samples for checks that run an op many times

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
    """Where samples come from: the subjects, the ordinary samples of one, how to run a case again, the op's card.

    ``origin`` tells where a replay finds the subject of a sample. Nothing is imported or called before the subjects, or
    the card, are asked for: so a process that must outlive the op can say how to run it again.
    """

    find: Callable[[], Sequence[Subject]]
    draw: Callable[[Subject, Order], list[Sample]]
    replay: Callable[[Case, int], str]
    card: Callable[[], Op]
    origin: Callable[[Sample], Origin] = lambda sample: Origin()

    @cached_property
    def subjects(self) -> Sequence[Subject]:
        """What ``find`` finds."""
        return self.find()


def of_spec(case: Case) -> Source:
    """The variants of the case's spec, each sampled as its definition says."""
    spec = case.spec

    def drawn(subject: Subject, order: Order) -> list[Sample]:
        if order.kind == "large":
            found = large(definition_of(subject), {}, dtype=order.dtype, device=order.device, seed=order.seed)
            return list(islice(found, order.count))
        values = ("normal",) if order.kind == "plain" else PROFILES
        strategy = samples(
            definition_of(subject), dtype=order.dtype, device=order.device, profile=order.profile, profiles=values
        )
        return draw(strategy, count=order.count, identity=order.identity, seed=order.seed)

    def replay(case: Case, seed: int) -> str:
        one = f"--checks {case.check} --device {case.device} --dtype {case.dtype} --seed {seed}"
        return f"gradsuite run {spec.path} {one}"

    def card() -> Op:
        from gradsuite import card

        return card.card(spec)

    return Source(lambda: subjects(spec), drawn, replay, card, lambda sample: Origin(spec=digest(spec.text)))


class Group:
    """The samples of one op on one device in one dtype, drawn once and shared by the checks."""

    def __init__(self, source: Source, case: Case, profile: str, seed: int) -> None:
        self._source, self._profile, self.seed = source, profile, seed
        self._dtype, self._device = getattr(torch, case.dtype), devices.place(case.device)
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
        """Samples with one size past the tiles of kernels, shared out among the variants; the smallest first."""
        each = max(2, LARGE // len(self.subjects))
        found = [
            Evidence(subject, sample)
            for subject in self.subjects
            for sample in self._source.draw(subject, self._order(subject, each, "large"))
        ]
        return sorted(found, key=lambda evidence: evidence.sample.elements)

    def _order(self, subject: Subject, count: int, kind: Kind) -> Order:
        identity = f"{self._identity}::{_variant(subject)}::{kind}"
        return Order(kind, self._dtype, self._device, self._profile, count, identity, self.seed)

    @cached_property
    def _edges(self) -> list[tuple[Subject, EdgeSample]]:
        return [
            (subject, found)
            for subject in self.subjects
            for found in edges(definition_of(subject), dtype=self._dtype, device=self._device)
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
            if definition_of(subject).kinks
            for sample in self._on_kinks(subject, self._order(subject, COUNTS[self._profile] // 2, "kink"))
        ]

    def _on_kinks(self, subject: Subject, order: Order) -> list[Sample]:
        strategy = on_kinks(definition_of(subject), dtype=order.dtype, device=order.device, profile=order.profile)
        return draw(strategy, count=order.count, identity=order.identity, seed=order.seed)

    @cached_property
    def few(self) -> list[Evidence]:
        """Up to FEW ordinary, full samples of each variant, of different shapes, every input differentiated."""
        variants = dict.fromkeys(map(_variant, self.subjects))
        return [_with_all(evidence) for variant in variants for evidence in self._ordinary(variant)]

    @cached_property
    def two(self) -> list[Evidence]:
        """The first two of the few of each variant."""
        variants = dict.fromkeys(map(_variant, self.subjects))
        return [e for variant in variants for e in [e for e in self.few if _variant(e.subject) == variant][:2]]

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

    def origin(self, sample: Sample) -> Origin:
        """Where a replay finds the subject of ``sample``."""
        return self._source.origin(sample)


def _with_all(evidence: Evidence) -> Evidence:
    """The same sample with every input requiring grad that may."""
    names = differentiable(definition_of(evidence.subject), evidence.sample.tensors)
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


def definition_of(subject: Subject) -> Any:
    """What is declared of the subject, which a source always gives it."""
    assert subject.definition is not None
    return subject.definition


def _variant(subject: Subject) -> str:
    """The name of the definition, which several subjects may share."""
    name: str = definition_of(subject).name
    return name

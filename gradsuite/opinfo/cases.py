"""OpInfo's entries as cases, and their samples as a source: ``opinfo::nn.functional.softmax::reverse[cpu-float64]``."""

from __future__ import annotations

import inspect
import random
from collections.abc import Collection
from contextlib import suppress
from functools import cache
from typing import Any

import numpy as np
import torch
from torch.utils._pytree import tree_leaves

from gradsuite import checks as known_checks
from gradsuite import devices as known_devices
from gradsuite.errors import Unsupported, UsageError
from gradsuite.group import Source
from gradsuite.inputs import example_definition
from gradsuite.opinfo.call import reads_beside, subject_and_sample
from gradsuite.opinfo.entries import Entry, dtypes_of, entries, select
from gradsuite.plan import DTYPES, Case, checks_of, chosen
from gradsuite.results import Op, Origin, Place
from gradsuite.routes.graph import draw as draw_graph
from gradsuite.routes.point import Point
from gradsuite.sample import Sample, Subject
from gradsuite.spec.definition import Spec
from gradsuite.subject import resolve

PATH = "opinfo"
SAMPLES = {"quick": 2, "default": 4, "thorough": 32}  # of one entry in one dtype
LARGEST = 1024  # elements of a sample, unless the entry has only larger ones


def plan(
    pattern: str, *, checks: Collection[str] = (), devices: Collection[str] = ("cpu",), dtypes: Collection[str] = ()
) -> list[Case]:
    """The cases of the entries whose names match the glob ``pattern``: every check that needs no spec.

    An entry without a gradient in any dtype has its cases, too, and they say so.
    Raises UsageError for a glob that matches nothing, and for an unknown check, device or dtype.
    """
    nothing = example_definition([], [], [])
    able = [name for name in checks_of(checks) if checks or not known_checks.get(name).needs(nothing)]
    wanted = chosen("dtype", dtypes, DTYPES)
    return [
        Case(_spec(name), device, dtype, check)
        for name in select(pattern)
        for device in chosen("device", devices, known_devices.names())
        for dtype in dtypes_of(name, device) or DTYPES[:1]
        if dtype in wanted
        for check in able
    ]


def source(case: Case, *, profile: str, seed: int) -> Source:
    """The case's samples: a few of the entry's own, spread over its list.

    Its subjects raise Unsupported where there is none.
    """
    pairs = cache(lambda: _pairs(case, profile, seed))

    def replay(case: Case, seed: int) -> str:
        one = f"--checks {case.check} --device {case.device} --dtype {case.dtype} --seed {seed}"
        return f"gradsuite run --opinfo {case.spec.name} {one}"

    def origin(sample: Sample) -> Origin:
        return Origin(place=Place(profile=profile, seed=seed, number=sample.seed))  # as ``_pairs`` numbers them

    return Source(
        lambda: [subject for subject, _ in pairs()],
        lambda subject, _: [sample for own, sample in pairs() if own is (subject.original or subject)],
        replay, lambda: _card(case, *pairs()[0]), origin,
    )  # fmt: skip


def _pairs(case: Case, profile: str, seed: int) -> list[tuple[Subject, Sample]]:
    """Each sample with its own subject; the sample's seed is its place. Raises Unsupported."""
    entry, dtype = entries()[case.spec.name], getattr(torch, case.dtype)
    if case.dtype not in dtypes_of(case.spec.name, case.device):
        raise Unsupported(f"OpInfo declares no gradient of this entry in {case.dtype} on {case.device}")
    given = _spread(_samples(entry, case, dtype, seed), SAMPLES[profile])
    if not given:
        raise Unsupported("OpInfo gives no sample of this entry that requires grad")
    pairs = [subject_and_sample(entry, each, place) for place, each in enumerate(given)]
    if any(reads_beside(*pair) for pair in pairs):
        raise Unsupported("the op reads memory beside its input: it is no function of the input's elements")
    return pairs


def _samples(entry: Entry, case: Case, dtype: torch.dtype, seed: int) -> list[Any]:
    """All of the entry's samples that require grad, drawn from a seed of its own."""
    for manual_seed in (torch.manual_seed, np.random.seed, random.seed):
        manual_seed(seed)
    found = entry.sample_inputs(case.device, dtype, requires_grad=True, set_seed=False)
    return [sample for sample in found if any(x.requires_grad for x in _tensors(sample))]


def _spread(samples: list[Any], count: int) -> list[Any]:
    """``count`` samples at even distances, those with many elements or with none left out where there are others."""
    sizes = [sum(x.numel() for x in _tensors(sample) if x.requires_grad) for sample in samples]
    most = max(LARGEST, min(sizes, default=0))
    fit = [sample for sample, size in zip(samples, sizes, strict=True) if 0 < size <= most] or samples
    places = {round(k * (len(fit) - 1) / max(1, count - 1)) for k in range(count)} if fit else set()
    return [fit[place] for place in sorted(places)]


def _tensors(sample: Any) -> list[torch.Tensor]:
    leaves = tree_leaves((sample.input, sample.args, sample.kwargs))
    return [leaf for leaf in leaves if isinstance(leaf, torch.Tensor)]


def _spec(name: str) -> Spec:
    dotted = f"torch.{name}"
    try:
        resolve(dotted)
    except UsageError:
        dotted = ""  # an operator (__getitem__) or a variant: no other program could call it by this name
    return Spec(
        path=PATH, op=dotted, name=name, family="opinfo", summary="", reference="", complex=True, real=True,
        definitions=(), text="",
    )  # fmt: skip


def _card(case: Case, subject: Subject, sample: Sample) -> Op:
    entry = entries()[case.spec.name]
    graph = None
    with suppress(Exception):  # a picture is a courtesy; what is wrong stands in the results
        graph = draw_graph(Point(subject, sample))
    return Op(
        op=case.spec.op, name=case.spec.name, family=case.spec.family, path=case.spec.path,
        summary=(inspect.getdoc(entry.op) or "").strip().partition("\n")[0], reference="torch's OpInfo", graph=graph,
    )  # fmt: skip

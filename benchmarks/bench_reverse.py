"""The reverse check of one drawn sample beside torch.autograd.gradcheck, fast and slow, on the very same inputs.

Each side is given what it would be given in use: gradsuite a sample, built into fresh evidence in every round,
gradcheck leaves that require grad. No test asserts a time; the table at the end is for people.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.autograd import gradcheck
from torch.nn import functional

from gradsuite.checks.reverse import compare
from gradsuite.inputs import example_definition
from gradsuite.inputs.examples import from_examples
from gradsuite.inputs.search import draw
from gradsuite.numerics.estimate import Agreement
from gradsuite.routes.evidence import Evidence
from gradsuite.sample import Sample, Subject
from gradsuite.subject import from_callable

Function = Callable[..., torch.Tensor]
Record = Callable[[str, str, int, float], None]
Shapes = tuple[tuple[int, ...], ...]

OPS: dict[str, tuple[Function, Shapes]] = {
    "softmax 4x5": (lambda x: functional.softmax(x, -1), ((4, 5),)),
    "softmax 10x100": (lambda x: functional.softmax(x, -1), ((10, 100),)),
    "exp 4x5": (torch.exp, ((4, 5),)),
    "conv2d 2x4x8x8": (functional.conv2d, ((2, 4, 8, 8), (3, 4, 3, 3))),
    "layer_norm 16x64": (lambda x, w, b: functional.layer_norm(x, (64,), w, b), ((16, 64), (64,), (64,))),
    "matmul 64x64": (torch.matmul, ((64, 64), (64, 64))),
}
CPU = torch.device("cpu")
ROUNDS = {"gradsuite": 300, "fast": 100, "slow": 3}
LARGE = 2000  # inputs from which slow mode is run once: it takes seconds


@pytest.mark.parametrize("side", ROUNDS)
@pytest.mark.parametrize("op", OPS)
def test_reverse_beside_gradcheck(op: str, side: str, benchmark: Any, record: Record) -> None:
    subject, sample = _drawn(op)
    inputs = sum(t.numel() for t in sample.tensors.values() if t is not None)
    once = side == "slow" and inputs > LARGE
    benchmark.group = op
    run = _gradsuite(subject, sample) if side == "gradsuite" else _gradcheck(OPS[op][0], sample, fast=side == "fast")
    assert benchmark.pedantic(run, rounds=1 if once else ROUNDS[side], warmup_rounds=0 if once else 2)
    if benchmark.stats is not None:  # None where benchmarks are switched off
        record(op, side, inputs, benchmark.stats.stats.min)


def _drawn(op: str) -> tuple[Subject, Sample]:
    """A drawn sample that is not the example itself: normal values of the op's shapes, every input differentiated."""
    function, shapes = OPS[op]
    names = [f"x{i}" for i in range(len(shapes))]
    generator = torch.Generator().manual_seed(0)
    examples = [torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes]
    domains = [None] * len(shapes)
    strategy = from_examples(examples, names, domains, dtype=torch.float64, device=CPU, profiles=("normal",))
    samples = draw(strategy, count=20, identity=op, seed=0)
    sample = next(s for s in samples if s.profile == "normal" and len(s.differentiable) == len(shapes) and _plain(s))
    return from_callable(function, op, definition=example_definition(examples, names, domains)), sample


def _plain(sample: Sample) -> bool:
    return set(sample.layouts.values()) == {"contiguous"}


def _gradsuite(subject: Subject, sample: Sample) -> Callable[[], bool]:
    return lambda: all(found.agreement is Agreement.AGREE for found in compare(Evidence(subject, sample)))


def _gradcheck(function: Function, sample: Sample, *, fast: bool) -> Callable[[], bool]:
    leaves = [t.clone().requires_grad_() for t in sample.tensors.values() if t is not None]
    return lambda: gradcheck(function, leaves, fast_mode=fast)

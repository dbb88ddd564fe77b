"""Compiled, the op gives what it gives uncompiled.

``torch.compile`` traces the op and its backward (``aot_eager``, the backend that generates no code and needs no C++
compiler), and the outputs and gradients must be those of an ordinary run, within twice its natural error. This holds
what tracing changes (a backward that asks whether it is compiled, a fake implementation, Python that runs once instead
of each time), not the kernels that a backend generates. An op that the compiler refuses, or of which it traces nothing,
is unsupported; so is a random one.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import torch

from gradsuite.comparison import Check, Comparison
from gradsuite.errors import Unsupported
from gradsuite.routes import sameness
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.sameness import Condition
from gradsuite.sample import Sample
from gradsuite.subject import Tensors

CALLS = 10**6  # a closure is compiled once for each op, beyond what the compiler allows one piece of code by itself


def compare(evidence: Evidence) -> Iterator[Comparison]:
    """One comparison for each output and each gradient."""
    if evidence.point.draws:
        raise Unsupported("a random op: compiled, it draws other numbers")
    compiled = Condition.shown("compiled", "the op is compiled", evidence, lambda: _compiled(evidence))
    yield from sameness.unless_all_refuse(sameness.compare(evidence, [compiled]))


def _compiled(evidence: Evidence) -> Evidence:
    """A run of the compiled op at the same values. Raises Unsupported where the compiler takes nothing of it."""
    from torch._dynamo import config
    from torch._dynamo.exc import TorchDynamoException

    traced: list[Any] = []
    subject = replace(evidence.subject, call=_traced(evidence, traced))
    with config.patch(recompile_limit=CALLS, accumulated_recompile_limit=CALLS), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = sameness.alone(evidence, evidence.point.of(subject))
        except TorchDynamoException as error:
            raise Unsupported(f"the compiler refuses the op: {str(error).partition(chr(10))[0]}") from None
    if not traced:
        raise Unsupported("the compiler traces nothing of the op")
    return found


def _traced(evidence: Evidence, traced: list[Any]) -> Any:
    """The subject's call, compiled; ``traced`` gets the graphs that the compiler made of it."""
    from torch._dynamo.backends.debugging import aot_eager

    def backend(graph: torch.fx.GraphModule, inputs: Sequence[Any]) -> Any:
        traced.append(graph)
        return aot_eager(graph, list(inputs))

    names = tuple(evidence.point.tensors)

    def plain(*tensors: torch.Tensor | None) -> tuple[torch.Tensor, ...]:
        return evidence.subject.call(dict(zip(names, tensors, strict=True)), evidence.sample)

    compiled = torch.compile(plain, backend=backend, dynamic=False)

    def call(tensors: Tensors, sample: Sample) -> tuple[torch.Tensor, ...]:
        return compiled(*(tensors[name] for name in names))

    return call


CHECK = Check(compare, samples="first")

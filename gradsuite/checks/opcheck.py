"""A registered custom operator keeps what it registered: torch.library.opcheck at the sample.

Where the op is, or dispatches to, an operator of torch.library (custom_op, TORCH_LIBRARY), torch's own tests run on the
arguments that it was given: its schema tells what it overwrites and returns, its autograd is registered where it takes
part, its fake implementation gives the shapes, dtypes and strides that it gives, and traced with symbolic shapes it
gives the same. What these compare, and how, is torch's. Anything else is unsupported.

An operator without a fake implementation cannot be traced, and need not be: a note says so.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import torch

from gradsuite.comparison import Check, Comparison
from gradsuite.errors import Unsupported
from gradsuite.numerics.estimate import Agreement
from gradsuite.results import Culprit
from gradsuite.routes.evidence import Evidence
from gradsuite.routes.registered import Operator, operators

# What each of torch's tests holds against what, and who is wrong where it fails.
TESTS = {
    "test_schema": (Culprit.SPEC, "its schema declares something else than it does"),
    "test_autograd_registration": (Culprit.BACKWARD, "its autograd is not registered where it takes part"),
    "test_faketensor": (Culprit.SPEC, "its fake implementation does not match what it does"),
}
LACKS = ("no fake impl registered", "does not have a fake impl", "UnsupportedOperatorException")  # as torch says it
TRACED = "test_aot_dispatch_dynamic"  # which fails, too, where one of those does


def compare(evidence: Evidence) -> Iterator[Comparison]:
    """One comparison for each operator and each of torch's tests."""
    found = operators(evidence.unshielded)
    if not found:
        raise Unsupported("not a registered custom op")
    if evidence.subject.random:
        raise Unsupported("a random op does not give the same twice")
    for operator in found:
        yield from _tested(operator)


def _tested(operator: Operator) -> Iterator[Comparison]:
    said = _run(operator, tuple(TESTS))
    for test, (culprit, why) in TESTS.items():
        yield _comparison(operator, test, said[test], culprit, why)
    if all(word == "SUCCESS" for word in said.values()):
        why = "traced with symbolic shapes, its values or gradients are others, or it cannot be traced"
        yield _comparison(operator, TRACED, _run(operator, (TRACED,))[TRACED], Culprit.BACKWARD, why)


def _run(operator: Operator, tests: tuple[str, ...]) -> dict[str, Any]:
    """For each test SUCCESS, or the error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.library.opcheck(
            operator.overload, operator.args, dict(operator.kwargs), test_utils=tests, raise_exception=False
        )


def _comparison(operator: Operator, test: str, said: Any, culprit: Culprit, why: str) -> Comparison:
    title = f"{operator.name}: {test.removeprefix('test_')}"
    if said == "SUCCESS":
        return Comparison(title, Agreement.AGREE)
    if any(words in f"{type(said).__name__}: {said}" for words in LACKS):
        lack = f"{operator.name} has no fake implementation: torch.compile and torch.export cannot trace it"
        return Comparison(title, Agreement.INCONCLUSIVE, sentence=lack, note=lack)
    sentence = f"{operator.name} is not registered as it works: {why}"
    told = str(said).strip().partition("\n")[0]
    return Comparison(title, Agreement.DISAGREE, culprit, sentence, where=operator.name, got=told)


CHECK = Check(compare, samples="first")

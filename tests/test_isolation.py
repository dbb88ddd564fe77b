"""Whatever a callable does, ``gradsuite.check`` ends with a clear outcome, and its host lives on."""

from __future__ import annotations

import ctypes
import os
import sys
import time
from collections.abc import Callable
from multiprocessing import get_context
from typing import Any

import pytest
import torch

import gradsuite
from gradsuite import forking
from gradsuite.results import CaseResult, Outcome
from tests.planted.planted import op
from tests.routes.points import normal

X = normal(2, 3)


def check(fn: Callable[..., Any], **options: Any) -> gradsuite.Report:
    given = {"profile": "quick", "checks": ("reverse", "value"), "isolate": True, **options}
    return gradsuite.check(fn, (X.clone(),), **given)


@pytest.fixture(autouse=True)
def _forks() -> None:
    """Another test may have registered a device in this process: no fork of it can run a backward then."""
    if forking.context(()) is None:
        pytest.skip("this process cannot be forked")


def _errors(report: gradsuite.Report) -> list[CaseResult]:
    return [result for result in report.results if result.outcome is Outcome.ERROR]


def segfaults(x: torch.Tensor) -> torch.Tensor:
    ctypes.string_at(0)
    return x


def leaves(x: torch.Tensor) -> torch.Tensor:
    os._exit(3)


def stalls(x: torch.Tensor) -> torch.Tensor:
    time.sleep(3600)
    return x


def dies_in_its_second_derivative(ct: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    if torch.is_grad_enabled():
        os._exit(4)
    return ct * x.cos()


@pytest.mark.parametrize(
    ("fn", "reason"),
    [
        (segfaults, "the op killed the interpreter (Segmentation fault)"),
        (leaves, "the op ended the interpreter (exit code 3)"),
        (op(torch.sin, lambda ct, x: segfaults(ct)), "the op killed the interpreter (Segmentation fault)"),
    ],
    ids=["segmentation fault", "exit", "segmentation fault in the backward"],
)
def test_an_op_that_kills_its_interpreter_is_an_error_told_with_its_input(fn: Callable[..., Any], reason: str) -> None:
    report = check(fn)
    assert report.verdict is Outcome.ERROR and len(_errors(report)) == len(report.results)
    for result in report.results:
        assert reason in result.reason
        assert result.last_sample is not None and result.last_sample.inputs[0].shape == (2, 3)
    assert reason in str(report) and " = [[" in str(report)


def test_an_op_that_does_not_end_is_an_error() -> None:
    report = check(stalls, timeout=3)
    assert {result.reason for result in report.results} == {"the op took more than 3 s when it was first tried"}


@pytest.mark.parametrize("ends", [segfaults, stalls])
def test_an_op_that_ends_beside_its_examples_is_judged_at_them(ends: Callable[..., Any]) -> None:
    def forward(x: torch.Tensor) -> torch.Tensor:
        return x.sin() if x.shape == X.shape else ends(x)

    report = check(op(forward, lambda ct, x: ct * x.cos()), checks=("reverse",), timeout=3)
    assert report.verdict is Outcome.PASSED
    assert "the examples alone: where it was tried beside them, it ended or hung its process" in str(report)
    assert check(op(forward, lambda ct, x: ct * x.sin()), checks=("reverse",), timeout=3).verdict is Outcome.FAILED


def test_what_kills_one_case_leaves_the_others() -> None:
    report = check(op(torch.sin, dies_in_its_second_derivative), checks=("reverse", "second_order", "vacuity"))
    outcomes = {result.check: result.outcome for result in report.results}
    assert outcomes == {"reverse": Outcome.PASSED, "second_order": Outcome.ERROR, "vacuity": Outcome.PASSED}
    assert [result.check for result in report.results] == ["reverse", "second_order", "vacuity"]


@pytest.mark.parametrize("isolate", [True, False])
@pytest.mark.parametrize(
    ("fn", "reason"),
    [
        (lambda x: {}["dx"], "KeyError: 'dx'"),
        (lambda x: sys.exit("done"), "SystemExit: done"),
        (lambda x: None, "the op returned no tensor, but NoneType"),
        (op(torch.sin, lambda ct, x: {}["dx"]), "KeyError: 'dx'"),
    ],
    ids=["raises", "exits", "returns no tensor", "raises in the backward"],
)
def test_what_an_op_raises_is_an_error_told_with_its_input(fn: Callable[..., Any], reason: str, isolate: bool) -> None:
    errors = _errors(check(fn, checks=("reverse",), isolate=isolate))
    assert errors
    for result in errors:
        assert reason in result.reason and "Traceback" not in result.reason
        assert result.last_sample is not None and result.last_sample.inputs[0].shape == (2, 3)


def test_results_are_the_same_in_a_process_of_their_own() -> None:
    apart, here = (check(torch.sin, checks=(), isolate=isolate) for isolate in (True, False))
    plain = [[r.model_copy(update={"seconds": 0.0}) for r in report.results] for report in (apart, here)]
    assert plain[0] == plain[1] and apart.op == here.op


def test_the_host_s_threads_and_compiled_functions_do_not_stop_a_process_of_its_own() -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(4)
    try:
        leaf = torch.randn(300, 300, requires_grad=True)
        (leaf @ leaf).softmax(-1).sum().backward()
        compiled = torch.compile(lambda x: x.sin() * x, backend="eager")
        compiled(X.clone().requires_grad_()).sum().backward()
        assert check(compiled, checks=("reverse",)).verdict is Outcome.PASSED
        assert check(lambda x: x @ x.mT).verdict is Outcome.PASSED
    finally:
        torch.set_num_threads(threads)


def test_a_callable_keeps_its_effects_to_itself_unless_told_otherwise() -> None:
    calls = []
    check(lambda x: (calls.append(1), x.sin())[1], checks=("reverse",))
    assert not calls
    check(lambda x: (calls.append(1), x.sin())[1], checks=("reverse",), isolate=False)
    assert calls


def _in_a_daemon(_: int) -> str:
    return str(check(torch.sin).verdict)


def test_a_daemon_which_may_have_no_children_checks_in_its_own_process() -> None:
    with get_context("spawn").Pool(1) as pool:
        assert pool.map(_in_a_daemon, [0]) == ["passed"]


def test_an_interrupt_passes_through() -> None:
    def interrupts(x: torch.Tensor) -> torch.Tensor:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check(interrupts, isolate=False)

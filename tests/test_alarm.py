"""An op that does not end is an error of its case in this process, too, and the host's clock is its own again."""

from __future__ import annotations

import bdb
import signal
import threading
import time
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
import torch

import gradsuite
from gradsuite.alarm import Overdue, alarm
from gradsuite.results import Outcome
from tests.planted.planted import op
from tests.routes.points import normal

X = normal(2, 3)


def check(fn: Callable[..., Any], **options: Any) -> gradsuite.Report:
    return gradsuite.check(fn, X, profile="quick", timeout=1, dtypes=[torch.float64], **options)


def _for_ever(*_: torch.Tensor) -> torch.Tensor:
    for k in count():
        torch.tensor(k)
    raise AssertionError


@pytest.fixture(autouse=True)
def _the_hosts_clock_is_left_alone() -> Iterator[None]:
    before = signal.getsignal(signal.SIGALRM)
    yield
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_an_op_that_does_not_end_is_an_error_of_all_its_cases() -> None:
    report = check(_for_ever, checks=["reverse", "graph"])
    assert [result.outcome for result in report.results] == [Outcome.ERROR] * 2
    assert {result.reason for result in report.results} == {"the op took more than 1 s when it was first tried"}


def test_a_double_backward_that_does_not_end_is_told_with_its_sample_and_soon_given_up() -> None:
    def backward(ct: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        return _for_ever() if torch.is_grad_enabled() else ct * x.cos()

    twice = ["second_order", "second_order_composed", "accumulation", "mutation"]
    report = check(op(torch.sin, backward), checks=["reverse", *twice])
    told = {result.check: result for result in report.results}
    assert told["reverse"].outcome is Outcome.PASSED
    errors = [result for result in report.results if result.outcome is Outcome.ERROR]
    assert [result.reason for result in errors[:2]] == ["the op took more than 1 s"] * 2
    assert {result.reason for result in errors[2:]} <= {"not tried: the op took more than 1 s in 2 cases before"}
    assert errors[0].last_sample is not None and len(errors[0].last_sample.inputs) == 1


def test_an_op_that_hangs_beside_its_examples_is_judged_at_them() -> None:
    def forward(x: torch.Tensor) -> torch.Tensor:
        return x.sin() if x.shape == X.shape else _for_ever(x)

    report = check(op(forward, lambda ct, x: ct * x.cos()), checks=["reverse"])
    assert report.verdict is Outcome.PASSED
    assert "the examples alone: where it was tried beside them, it ended or hung its process" in str(report)
    assert check(op(forward, lambda ct, x: ct * x.sin()), checks=["reverse"]).verdict is Outcome.FAILED


def test_a_time_limit_of_the_host_comes_first() -> None:
    def rings(*_: object) -> None:
        raise TimeoutError("the host's")

    before = signal.signal(signal.SIGALRM, rings)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        with pytest.raises(TimeoutError, match="the host's"), alarm(0.1):
            time.sleep(5)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_another_thread_is_left_alone() -> None:
    said: list[str] = []

    def waits() -> None:
        with alarm(0.1):
            time.sleep(0.3)
        said.append("slept")

    thread = threading.Thread(target=waits)
    thread.start()
    thread.join()
    assert said == ["slept"]


def test_nobody_is_interrupted_at_a_breakpoint() -> None:
    class Waiting(bdb.Bdb):
        def user_line(self, frame: object) -> None:
            time.sleep(0.3)
            self.set_quit()

    with alarm(0.1):
        Waiting().run("1 + 1")
    with pytest.raises(Overdue, match=r"the op took more than 0\.1 s"), alarm(0.1):
        time.sleep(5)

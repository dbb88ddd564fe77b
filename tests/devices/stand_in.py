"""Cases on a device that is none, the backend of ``tests/downstream/project``, each in a process that knows of it."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context

from gradsuite.plan import Case
from gradsuite.results import CaseResult
from gradsuite.runner import Session
from tests.downstream.project.kernels.backend import NAME, register

__all__ = ["NAME", "run"]


def run(case: Case) -> CaseResult:
    """The result of ``case``, whose device is this one: in a process of its own, for no test beside may know of it."""
    return _process().submit(_run, case).result()


@cache
def _process() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=register)


def _run(case: Case) -> CaseResult:
    return Session(profile="quick").run(case)

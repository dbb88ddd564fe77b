"""Whether cases can be run in a forked process, which takes any callable with it, and getting ready for that."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from multiprocessing import current_process, get_context
from typing import Any

import torch

from gradsuite.plan import Case
from gradsuite.request import Request
from gradsuite.runner import Session
from gradsuite.spec.definition import Spec
from gradsuite.survival import can_fork


def context(cases: Sequence[Case]) -> Any:
    """multiprocessing's context for forked processes; None where such a process would not work.

    Beside what any fork needs, the process must be one that may have children: a daemon may not.
    """
    if not can_fork() or current_process().daemon:
        return None
    for check in dict.fromkeys(case.check for case in cases):
        _load(check)
    return get_context("fork")


@cache
def _load(check: str) -> None:
    """Runs a check here, at an op of torch's own: what it loads at first use would be loaded after each fork again."""
    session, spec = _rehearsal()
    session.run(Case(spec, "cpu", "float32", check))


@cache
def _rehearsal() -> tuple[Session, Spec]:
    request = Request(torch.sin, (torch.ones(2),))
    return Session("quick", source=lambda case: request.source()), request.spec

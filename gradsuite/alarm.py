"""An alarm for an op that does not end: Python code that runs when its time is up is interrupted."""

from __future__ import annotations

import math
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

DEBUGGERS = ("bdb", "pydevd")  # beneath every prompt of a debugger: whoever sits there has all the time in the world


class Overdue(BaseException):
    """The op did not end in time; the text says so.

    No Exception, for what an op raises is caught in many places, and this is not of the op.
    """


def overdue(limit: float) -> str:
    """What is said of an op that does not end within ``limit`` seconds."""
    return f"the op took more than {limit:g} s"


@contextmanager
def alarm(limit: float) -> Iterator[None]:
    """Raises Overdue in what runs within, after ``limit`` seconds: as soon as that is Python code.

    Rings again after as long, if an interpreter that was cleaning up swallowed it. Without effect outside of the main
    thread, on systems without such a clock, and where the host uses it: a test's own time limit comes first. The
    host's handler is there again afterwards.
    """
    if math.isinf(limit) or not _is_free():
        yield
        return

    def ring(_: int, frame: FrameType | None) -> None:
        if not _is_debugged(frame):
            raise Overdue(overdue(limit))

    before = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, limit, limit)
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _is_free() -> bool:
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        return False
    held_elsewhere = signal.getsignal(signal.SIGALRM) is None  # by a handler that is not Python's
    return signal.getitimer(signal.ITIMER_REAL)[0] == 0 and not held_elsewhere


def _is_debugged(frame: FrameType | None) -> bool:
    while frame is not None:
        if str(frame.f_globals.get("__name__", "")).split(".")[0] in DEBUGGERS:
            return True
        frame = frame.f_back
    return False

"""One call in a process of its own: what it does to that process is told, and nothing else comes of it."""

from __future__ import annotations

import faulthandler
import signal
from collections.abc import Callable
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any, TypeVar

import torch

from gradsuite import forking
from gradsuite.alarm import overdue
from gradsuite.confinement import death
from gradsuite.errors import GradsuiteError, UsageError
from gradsuite.workers import SPAWN

T = TypeVar("T")


class Ended(GradsuiteError):
    """The call ended its process, or did not end; the text says which."""


def apart(call: Callable[[], T], limit: float) -> T:
    """What ``call`` returns in another process: a forked one, or (``call`` is pickled then) a new one.

    Raises Ended where the process dies, or takes more than ``limit`` seconds once it is at work; UsageError, with its
    words, where ``call`` raises a GradsuiteError.
    """
    ours, theirs = Pipe()
    context = forking.context(()) or SPAWN
    process: Any = context.Process(target=_serve, args=(theirs, ours, call), daemon=True)
    process.start()
    theirs.close()
    try:
        ours.recv()  # it is at work
        if not ours.poll(limit):
            raise Ended(overdue(limit))
        refused, said = ours.recv()
    except (EOFError, ConnectionResetError):
        process.join()
        raise Ended(death(process.exitcode)) from None
    finally:
        process.kill()
        process.join()
        ours.close()
    if refused:
        raise UsageError(said)
    found: T = said
    return found


def _serve(pipe: Connection, parents: Connection, call: Callable[[], object]) -> None:
    parents.close()  # a copy of it, where this process was forked
    torch.set_num_threads(1)  # the threads of a forked parent do not exist here
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent takes it, and ends this process
    faulthandler.disable()  # the parent tells of a crash
    pipe.send(None)
    try:
        pipe.send((False, call()))
    except GradsuiteError as reason:
        pipe.send((True, str(reason)))

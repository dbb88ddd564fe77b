"""Whether a call can be tried: a kernel that checks no range reads beyond its memory, and takes the process along.

So what nobody gave (a label below zero, an empty list of offsets) is tried in a forked process first.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import warnings
from collections.abc import Callable

import torch

from gradsuite import devices

LONGEST = 10  # seconds, after which the forked process is ended


def can_fork() -> bool:
    """Whether a forked process can run an op and its backward.

    Forks need Linux (elsewhere system libraries do not survive one) and a machine with no accelerator: once a backward
    has run beside one, autograd refuses to run in a fork. A backend of somebody's own counts; it has a name then.
    """
    alone = devices.available() == ("cpu",) and torch._C._get_privateuse1_backend_name() == "privateuseone"
    return sys.platform == "linux" and alone


def survives(call: Callable[[], object]) -> bool:
    """Whether a process lives through ``call``, whatever that raises; True, and not tried, where none can be forked."""
    if not can_fork():
        return True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads: those of the parent are not used there
        child = os.fork()
    if child == 0:
        _attempt(call)
    return os.WIFEXITED(os.waitpid(child, 0)[1])


def _attempt(call: Callable[[], object]) -> None:
    """Ends this process: by itself, or by what ``call`` does to it, in silence."""
    try:
        faulthandler.disable()
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(LONGEST)
        call()
    finally:
        os._exit(0)

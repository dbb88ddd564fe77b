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

from gradsuite import devices

LONGEST = 10  # seconds, after which the forked process is ended


def survives(call: Callable[[], object]) -> bool:
    """Whether a process lives through ``call``, whatever that raises; True, and not tried, where none can be forked."""
    if sys.platform != "linux" or devices.available() != ("cpu",):
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

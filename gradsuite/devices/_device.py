"""What a device is to gradsuite."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Device:
    """A place to run ops.

    ``available`` tells whether this machine has it, ``missing`` what to say where it does not, ``flags`` the settings
    in force that change numerics (recorded with every run), ``wait`` returns when queued work is done, ``free`` is the
    memory that is free on it, in bytes. A backend out of torch's tree is made known to torch by ``available``, which is
    asked before the first tensor is put there.
    """

    name: str  # as torch names it
    available: Callable[[], bool]
    missing: str
    flags: Callable[[], Mapping[str, str]]
    wait: Callable[[], None]
    free: Callable[[], int]

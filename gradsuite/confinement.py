"""A process for cases: a crash, an exit or a hang is confined to the case that made it, and told with its sample."""

from __future__ import annotations

import faulthandler
import math
import os
import signal
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import mkstemp
from typing import Any

import torch

from gradsuite import flight
from gradsuite.alarm import Overdue, overdue
from gradsuite.group import Source
from gradsuite.plan import Case
from gradsuite.results import CaseResult, Op
from gradsuite.runner import HANGS, Session, not_tried
from gradsuite.spec import Waivers


class Sign(Enum):
    """What a process says beside its lines."""

    BEGUN = "the work was taken up: the clock runs"
    OPENED = "the op was called at every sample of the group, and lived"


@dataclass
class Work:
    """The cases of one group that are still to be run; ``describe`` where the op's card is, too.

    ``cautious``: trying the op out ended a process, so that the cautious source is asked.
    """

    cases: list[Case]
    describe: bool
    hangs: int = 0
    cautious: bool = False


@dataclass(frozen=True)
class Settings:
    """What every session needs. ``source`` must be importable by name where processes are spawned.

    ``cautious`` is the source of an op that ended its process, or hung, when it was first tried; without one it is
    given up. ``limit``: the seconds after which a session interrupts a case itself, if nobody does from without.
    """

    profile: str
    seed: int
    waivers: Waivers | None
    source: Callable[[Case], Source]
    cautious: Callable[[Case], Source] | None = None
    limit: float = math.inf

    def session(self, *, cautious: bool = False) -> Session:
        """A session of its own."""
        source = self.cautious if cautious and self.cautious else self.source
        return Session(self.profile, self.seed, self.waivers, source, self.limit)

    def run(self, work: Work) -> Iterator[Op | CaseResult | Sign]:
        """The card, then the result of each case."""
        session = self.session(cautious=work.cautious)
        try:
            session.open(work.cases[0])
        except Overdue:
            if self.cautious and not work.cautious:
                yield from self.run(replace(work, cautious=True))
                return
        yield Sign.OPENED
        if work.describe:
            yield session.describe(work.cases[0])
        yield from map(session.run, work.cases)


class Confined:
    """A process at work; a new one does the rest where it dies, or takes more than ``limit`` seconds for a line.

    ``context``: multiprocessing's, for ``fork`` or ``spawn``.
    """

    def __init__(self, settings: Settings, context: Any, limit: float) -> None:
        self._settings, self._context, self._limit = settings, context, limit
        self.work: Work | None = None
        self.deadline = math.inf
        handle, name = mkstemp(prefix="gradsuite-")
        os.close(handle)
        self._file = Path(name)
        self._process: Any = None

    def _start(self) -> None:
        self._file.write_bytes(b"")
        self.pipe, theirs = Pipe()
        arguments = (theirs, self.pipe, self._settings, self._file)
        self._process = self._context.Process(target=_serve, args=arguments, daemon=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of threads: those of the parent are not used there
            self._process.start()
        theirs.close()

    def begin(self, work: Work) -> None:
        """Takes up ``work``; the clock runs once the process says so, for it may still be loading torch."""
        if self._process is None:
            self._start()
        self.work, self._opened, self.deadline = work, False, math.inf
        self.pipe.send(work)

    def receive(self) -> Iterator[Op | CaseResult]:
        """The line that came through the pipe, if it is one; where the process died, what becomes of its cases."""
        assert self.work is not None
        try:
            said: Op | CaseResult | Sign = self.pipe.recv()
        except (EOFError, ConnectionResetError):
            yield from self._lost(hung=False)
            return
        self.deadline = time.monotonic() + self._limit
        if said is Sign.OPENED:
            self._opened = True
        elif isinstance(said, Op):
            self.work.describe = False
            yield said
        elif isinstance(said, CaseResult):
            del self.work.cases[0]
            if not self.work.cases:
                self.work = None
            yield said

    def cut_off(self) -> Iterator[CaseResult]:
        """Ends a process whose time is up, and tells what becomes of its cases."""
        self._process.kill()
        yield from self._lost(hung=True)

    def _lost(self, *, hung: bool) -> Iterator[CaseResult]:
        """An error for each case that ended with the process; the others go on in a new one."""
        assert self.work is not None
        self._process.join()
        self.pipe.close()
        seen, work, self.work = flight.read(self._file), self.work, None
        work.hangs += hung
        reason = overdue(self._limit) if hung else death(self._process.exitcode)
        self._process = None
        for case, why in self._ended(work, reason, given_up=hung and work.hangs >= HANGS):
            yield self._settings.session().stopped(case, why, seen)
            del work.cases[0]
            seen = seen if not self._opened else None  # of the cases that were not tried there is none
        work.describe &= not self._opened
        if work.cases:
            self.begin(work)

    def _ended(self, work: Work, reason: str, *, given_up: bool) -> list[tuple[Case, str]]:
        """The cases that are lost, each with the reason; none where only the drawing of the op's card did it, or where
        there is a more cautious way."""
        first, *others = work.cases
        if not self._opened and self._settings.cautious and not work.cautious:
            work.cautious, work.hangs = True, 0
            return []
        if not self._opened:
            return [(case, f"{reason} when it was first tried") for case in work.cases]
        if work.describe:
            return []
        if given_up:
            return [(first, reason), *((case, not_tried(reason)) for case in others)]
        return [(first, reason)]

    def stop(self) -> None:
        """Ends the process, if there is one: at once where it is at work, else as it likes."""
        self._file.unlink()
        if self._process is not None:
            self.pipe.close()
            if self.work is not None:
                self._process.kill()
            self._process.join()


def death(code: int | None) -> str:
    """What an exit code means, in words."""
    if code is not None and code < 0:
        return f"the op killed the interpreter ({signal.strsignal(-code)})"
    return f"the op ended the interpreter (exit code {code})"


def _serve(pipe: Connection, parents: Connection, settings: Settings, file: Path) -> None:
    """Does the work that comes through the pipe until the parent closes its end, of which there is a copy here."""
    parents.close()
    torch.set_num_threads(1)  # before anything: the threads of a forked parent do not exist here
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent takes it, and ends this process
    faulthandler.disable()  # the result tells of a crash
    flight.FLIGHT.keep_in(file)
    try:
        while True:
            work: Work = pipe.recv()
            pipe.send(Sign.BEGUN)
            for line in settings.run(work):
                pipe.send(line)
    except (EOFError, BrokenPipeError):  # nobody listens any more
        return

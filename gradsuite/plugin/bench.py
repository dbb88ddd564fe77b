"""What judges cases in one process of a test run: its settings, its sessions, and what it records."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gradsuite import extensions
from gradsuite.errors import UsageError
from gradsuite.plugin.settings import understood

if TYPE_CHECKING:
    from gradsuite.group import Source
    from gradsuite.plan import Case
    from gradsuite.plugin.record import Record
    from gradsuite.results import CaseResult, Environment, Op
    from gradsuite.runner import Session
    from gradsuite.spec import Waivers

_BENCH = pytest.StashKey["Bench"]()
FAMILIES = ("domains", "layouts", "checks", "devices", "sections")


def bench(config: pytest.Config) -> Bench:
    """The bench of this process, set up when it is first asked for. Raises UsageError where a setting is wrong."""
    if _BENCH not in config.stash:
        config.stash[_BENCH] = Bench(config)
    return config.stash[_BENCH]


def set_up(config: pytest.Config) -> Bench | None:
    """The bench of this process, if it was asked for."""
    return config.stash.get(_BENCH, None)


class Bench:
    """Settings, sessions and record of one process. What other projects add by hooks is known as long as it lives."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        _add(config)
        self.settings = understood(config)

    @cached_property
    def record(self) -> Record | None:
        """What this process records; None unless a report is asked for."""
        from gradsuite.plugin.record import Record

        if self.settings.report is None:
            return None
        told: dict[str, str] = getattr(self._config, "workerinput", {})
        worker, folder = told.get("workerid", ""), told.get("gradsuite_flights")
        return Record(self.settings.report, worker, Path(folder) / worker if folder else None)

    @cached_property
    def specs(self) -> Session:
        """The session of the specs: cases of one group share their samples through it."""
        return self.session()

    def session(self, **options: Any) -> Session:
        """A session under the settings."""
        from gradsuite.runner import Session

        chosen = self.settings
        return Session(
            profile=chosen.profile, seed=chosen.seed, waivers=self.waivers, limit=self.limit, **options
        )  # fmt: skip

    @property
    def limit(self) -> float:
        """The seconds that a case may take."""
        from gradsuite.plan import LIMIT

        return self.settings.timeout or LIMIT

    @cached_property
    def waivers(self) -> Waivers:
        """Those that the settings name; else the host suite's own ``waivers`` for this torch, if it has such a folder.

        Raises SpecError with the faults of their file.
        """
        from gradsuite.spec import Waivers, load_waivers
        from gradsuite.spec.waivers import waiver_file

        named = self.settings.waivers or self._config.rootpath / "waivers"
        file = waiver_file(named, version("torch")) if not named.is_file() else named
        return load_waivers(file) if file else Waivers()

    def environment(self) -> Environment:
        """Where and how this run is made."""
        return self.session().environment("pytest " + shlex.join(map(str, self._config.invocation_params.args)))

    def run(self, session: Session, case: Case) -> CaseResult:
        """The result of ``case``, recorded."""
        from gradsuite.results import CaseResult

        lines = self.recorded([case], self._lines(session, case))
        return next(line for line in lines if isinstance(line, CaseResult))

    def _lines(self, session: Session, case: Case) -> Iterator[Op | CaseResult]:
        if self.record is not None and self.record.lacks(case):
            yield session.describe(case)
        yield session.run(case)

    def recorded(self, cases: Sequence[Case], lines: Iterable[Op | CaseResult]) -> Iterator[Op | CaseResult]:
        """The lines of ``cases``, each recorded as it comes, if anything is."""
        if self.record is None:
            return iter(lines)
        self.record.open(self.environment)
        return self.record.follow(cases, lines)

    def lost(self, case: Case, reason: str) -> CaseResult:
        """The result of a case that could not be run, recorded."""
        from gradsuite.plan import bare
        from gradsuite.results import Outcome

        result = bare(case, Outcome.ERROR, reason)
        return next(line for line in self.recorded([case], [result]) if line is result)

    def replayed(self, source: Callable[[], Source], nodeid: Callable[[Case], str]) -> Callable[[Case], Source]:
        """The source of a session whose cases are run again by pytest."""

        return lambda case: replace(source(), replay=lambda case, seed: self.again(nodeid(case), seed))

    def again(self, nodeid: str, seed: int) -> str:
        """The command that runs one test again."""
        profile = self.settings.profile
        profiled = "" if profile == "default" else f" --gradsuite-profile={profile}"
        return f"pytest {shlex.quote(nodeid)} --gradsuite-seed={seed}{profiled}"


def _add(config: pytest.Config) -> None:
    """Adds what the hooks name, until the run ends."""
    with ExitStack() as stack:
        for family in FAMILIES:
            hook = getattr(config.hook, f"pytest_gradsuite_{family}")
            for implementation, modules in _answers(hook, config):
                stack.enter_context(extensions.adding(family, modules, implementation))
        config.add_cleanup(stack.pop_all().close)


def _answers(hook: Any, config: pytest.Config) -> Iterator[tuple[str, Mapping[str, str]]]:
    """What each plugin or conftest.py answers, and its name."""
    for each in hook.get_hookimpls():
        answer = each.function(**dict.fromkeys(each.argnames, config))
        if not isinstance(answer, Mapping):
            raise UsageError(
                f"{hook.name} in {each.plugin_name} gives {answer!r}; give a mapping from names to modules"
            )
        yield each.plugin_name, answer

"""The pytest plugin: each ``*.grad.yaml`` is a file of tests, one a case.

pytest imports this module at every start, in every environment that has gradsuite: so it imports neither torch nor
hypothesis nor numpy, nor anything of gradsuite that would, before a spec is collected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gradsuite.errors import GradsuiteError, SpecError

if TYPE_CHECKING:
    from gradsuite.errors import Fault
    from gradsuite.plan import Case
    from gradsuite.results import CaseResult
    from gradsuite.runner import Session
    from gradsuite.spec import Waivers
    from gradsuite.spec.definition import Spec

SUFFIX = ".grad.yaml"
_SESSION = pytest.StashKey["Session"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options, all of them named ``--gradsuite-...``: a host suite has its own names."""
    group = parser.getgroup("gradsuite", "gradients of the ops that *.grad.yaml files specify")
    group.addoption("--gradsuite-profile", choices=("quick", "default", "thorough"), default="default")
    group.addoption(
        "--gradsuite-seed", type=int, help="Other samples of the same kind; --hypothesis-seed, if that is given, or 0."
    )
    group.addoption("--gradsuite-device", action="append", default=[], help="Run on this device. Repeatable.")
    group.addoption("--gradsuite-dtype", action="append", default=[], help="Run in this dtype. Repeatable.")
    group.addoption(
        "--gradsuite-require-device",
        action="append",
        default=[],
        help="Refuse to start where this device is absent: a run that skips everything must not pass. Repeatable.",
    )
    group.addoption(
        "--gradsuite-gradcheck",
        choices=("replace", "shadow"),
        help="Let gradsuite answer the suite's own calls of torch.autograd.gradcheck and gradgradcheck; or let it only "
        "look on, and report where it differs.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker; refuse to start without the devices that were asked for, or with unknown names."""
    config.addinivalue_line("markers", "gradsuite(op, check, device, dtype): a case of a gradsuite spec")
    try:
        _check_options(config)
    except GradsuiteError as fault:
        raise pytest.UsageError(f"gradsuite: {fault}") from fault
    if mode := config.getoption("--gradsuite-gradcheck"):
        from gradsuite.substitution import Substitution

        config.pluginmanager.register(Substitution(mode), "gradsuite-gradcheck")


def _check_options(config: pytest.Config) -> None:
    """Raises UsageError for an unknown dtype and an unknown or absent device. Imports only what was asked for."""
    for name in (*config.getoption("--gradsuite-require-device"), *config.getoption("--gradsuite-device")):
        from gradsuite.devices import require

        require(name)
    if dtypes := config.getoption("--gradsuite-dtype"):
        from gradsuite.plan import DTYPES, chosen

        chosen("dtype", dtypes, DTYPES)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> SpecFile | None:
    """Specs are known by their double suffix alone: this is asked for each file of the host suite."""
    return SpecFile.from_parent(parent, path=file_path) if file_path.name.endswith(SUFFIX) else None


class SpecFile(pytest.File):
    """One spec file."""

    def collect(self) -> Iterator[SpecOp]:
        """The op that the file specifies; raises SpecError with all its faults."""
        from gradsuite.spec import load_all

        specs, faults = load_all([self.path])
        if faults:
            raise SpecError([replace(fault, path=self._id_path()) for fault in faults])
        for spec in specs:
            yield SpecOp.from_parent(self, name=spec.name, spec=replace(spec, path=self._id_path()))

    def _id_path(self) -> str:
        """The path as node ids give it: from the root folder of the test run."""
        return self.nodeid or self.path.as_posix()

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Faults of the spec as ``file:line:col: what`` with the line and a caret."""
        if isinstance(excinfo.value, SpecError):
            lines = self.path.read_text(encoding="utf-8", errors="replace").splitlines()
            return "\n".join(_shown(fault, lines) for fault in excinfo.value.faults)
        return super().repr_failure(excinfo)


def _shown(fault: Fault, lines: Sequence[str]) -> str:
    if not 0 < fault.line <= len(lines):
        return str(fault)
    return f"{fault}\n    {lines[fault.line - 1]}\n    {' ' * (fault.column - 1)}^"


class SpecOp(pytest.Collector):
    """The op of a spec file; its items are the cases."""

    def __init__(self, *, spec: Spec, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.spec = spec

    def collect(self) -> Iterator[CaseItem]:
        """One item for each case, samples' groups kept together."""
        from gradsuite.plan import plan

        option = self.config.getoption
        devices = option("--gradsuite-device") or ("cpu",)
        for case in plan([self.spec], devices=devices, dtypes=option("--gradsuite-dtype")):
            name = case.id.rsplit("::", 1)[1]
            item = CaseItem.from_parent(self, name=name, callobj=_test(case, self.config), case=case)
            item.add_marker(_marker(case))
            yield item


def _marker(case: Case) -> pytest.MarkDecorator:
    """For ``-m "gradsuite(op='exp', dtype='float64')"``."""
    return pytest.mark.gradsuite(op=case.spec.name, check=case.check, device=case.device, dtype=case.dtype)


class CaseItem(pytest.Function):
    """One case as a test function: fixtures, ``-k``, ``--lf``, xfail, xdist and JUnit work as they do for others."""

    def __init__(self, *, case: Case, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.case = case

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the test stands: its spec file, and its name there (pytest takes dots in it for a class's)."""
        return self.path, 0, self.name

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """A failed case in its own words, without a traceback through gradsuite."""
        if isinstance(excinfo.value, CaseFailure):
            return str(excinfo.value)
        return super().repr_failure(excinfo)


class CaseFailure(AssertionError):
    """A case did not hold. The text is what is shown."""


def _test(case: Case, config: pytest.Config) -> Callable[..., None]:
    """The test function of a case. It takes ``record_property`` so that JUnit knows the outcome."""

    def run(record_property: Callable[[str, object], None]) -> None:
        result: CaseResult = _session(config).run(case)
        record_property("gradsuite_outcome", result.outcome.value)
        record_property("gradsuite_seed", result.seed)
        _settle(result)

    return run


def _session(config: pytest.Config) -> Session:
    """One session a process: cases of one group share their samples through it."""
    from gradsuite.runner import Session

    if _SESSION not in config.stash:
        profile: str = config.getoption("--gradsuite-profile")
        config.stash[_SESSION] = Session(profile=profile, seed=_seed(config), waivers=_waivers(config.rootpath))
    return config.stash[_SESSION]


def _waivers(root: Path) -> Waivers:
    """The host suite's own ``waivers`` for the installed torch; none unless it has such a folder."""
    from gradsuite.spec import Waivers, load_waivers
    from gradsuite.spec.waivers import waiver_file

    file = waiver_file(root / "waivers", version("torch"))
    return load_waivers(file) if file else Waivers()


def _seed(config: pytest.Config) -> int:
    own: int | None = config.getoption("--gradsuite-seed")
    hypothesis = config.getoption("--hypothesis-seed", None)
    if own is not None:
        return own
    return int(hypothesis) if str(hypothesis).isdecimal() else 0


def _settle(result: CaseResult) -> None:
    """pytest's outcome for a case's: only a pass passes."""
    from gradsuite.reporters.text import case_text
    from gradsuite.results import Outcome

    match result.outcome:
        case Outcome.PASSED:
            return
        case Outcome.WAIVED:
            pytest.xfail(result.reason)
        case Outcome.UNSUPPORTED | Outcome.INCONCLUSIVE:
            pytest.skip(f"{result.outcome.value}: {result.reason}")
        case _:
            raise CaseFailure(case_text(result))

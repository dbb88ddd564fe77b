"""Each ``*.grad.yaml`` as a file of tests, one a case."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gradsuite.errors import SpecError
from gradsuite.plan import Case, plan
from gradsuite.plugin.bench import bench
from gradsuite.plugin.groups import GROUP
from gradsuite.plugin.outcome import CaseFailure, judged, settle
from gradsuite.results import SpecFault
from gradsuite.spec import load_all

if TYPE_CHECKING:
    from gradsuite.errors import Fault
    from gradsuite.spec.definition import Spec


class SpecFile(pytest.File):
    """One spec file."""

    def collect(self) -> Iterator[SpecOp]:
        """The op that the file specifies; raises SpecError with all its faults."""
        specs, faults = load_all([self.path])
        if faults:
            raise self._faulty([replace(fault, path=self._id_path()) for fault in faults])
        self._place_on_path()
        for spec in specs:
            yield SpecOp.from_parent(self, name=spec.name, spec=replace(spec, path=self._id_path()))

    def _place_on_path(self) -> None:
        """A module beside the spec is found as one beside a test is, in the way that ``--import-mode`` says."""
        place = str(next(folder for folder in self.path.parents if not (folder / "__init__.py").exists()))
        mode = self.config.getoption("importmode")
        if mode == "prepend" and sys.path[:1] != [place]:
            sys.path.insert(0, place)
        elif mode == "append" and place not in sys.path:
            sys.path.append(place)

    def _id_path(self) -> str:
        """The path as node ids give it: from the root folder of the test run."""
        return self.nodeid or self.path.as_posix()

    def _faulty(self, faults: list[Fault]) -> SpecError:
        """The faults as an error; the report shows them, too."""
        if record := bench(self.config).record:
            for fault in faults:
                record.write(SpecFault(**vars(fault)))
        return SpecError(faults)

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
        chosen = bench(self.config).settings
        devices = chosen.devices or ("cpu",)
        for case in plan([self.spec], checks=chosen.checks, devices=devices, dtypes=chosen.dtypes):
            name = case.id.rsplit("::", 1)[1]
            item = CaseItem.from_parent(self, name=name, callobj=_test(case), case=case)
            item.add_marker(_marker(case))
            item.stash[GROUP] = case.group
            yield item


def _marker(case: Case) -> pytest.MarkDecorator:
    """For ``-m "gradsuite(op='exp', dtype='float64')"``."""
    return pytest.mark.gradsuite(op=case.spec.name, check=case.check, device=case.device, dtype=case.dtype)


class CaseItem(pytest.Function):
    """One case as a test function: fixtures, ``-k``, ``--lf``, xfail, xdist and JUnit work as they do for others."""

    def __init__(self, *, case: Case, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.case = case

    def setup(self) -> None:
        """The host suite's own fixtures; where one fails, the case was not run, and is recorded as that."""
        try:
            super().setup()
        except Exception as error:
            judged(self, [bench(self.config).lost(self.case, f"setup: {type(error).__name__}: {error}")])
            raise

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the test stands: its spec file, and its name there (pytest takes dots in it for a class's)."""
        return self.path, 0, self.name


def _test(case: Case) -> Any:
    """The test function of a case."""

    def run(request: pytest.FixtureRequest) -> None:
        used = bench(request.config)
        try:
            session = used.specs
        except SpecError as fault:  # of the waivers
            raise CaseFailure(str(fault)) from None
        settle(used.run(session, case), request.node)

    return run

"""A suite's own gradcheck calls: gradsuite answers them (``replace``), or torch with gradsuite looking on (``shadow``).

Registered with pytest only where ``--gradsuite-gradcheck`` is given. Every module's own name for torch's two functions
is bound to a substitute while the tests run; a module that is imported later takes the substitute from torch.
"""

from __future__ import annotations

import inspect
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from functools import wraps
from textwrap import indent
from types import FunctionType, ModuleType
from typing import Any, Generic, TypeVar

import pytest
from torch.autograd.gradcheck import GradcheckError

from gradsuite import dropin
from gradsuite.examination import Verdict
from gradsuite.reporters.words import clean, counted
from gradsuite.results import Outcome

T = TypeVar("T")
Function = Callable[..., bool]
CARRIED = "gradsuite_gradcheck"  # under this name a test's report carries its calls, in plain types as xdist asks
_inside: ContextVar[bool] = ContextVar("inside", default=False)  # torch's gradgradcheck itself calls its gradcheck


@dataclass(frozen=True)
class Call:
    """A call of ``function`` in ``test``, and what each side said: passed, failed, inconclusive, unsupported or raised.

    ``torch`` is empty where it was not asked; ``why`` is gradsuite's reason.
    """

    test: str
    function: str
    torch: str
    torch_seconds: float
    gradsuite: str
    gradsuite_seconds: float
    why: str

    @property
    def open(self) -> bool:
        """Whether gradsuite has no answer of its own."""
        return self.gradsuite in (Outcome.INCONCLUSIVE, Outcome.UNSUPPORTED)

    @property
    def differs(self) -> bool:
        """Whether both sides have an answer, and not the same."""
        return bool(self.torch) and not self.open and self.torch != self.gradsuite

    def __str__(self) -> str:
        torch = f"torch {self.torch}, " if self.torch else ""
        return f"{self.test}: {self.function}: {torch}gradsuite {self.gradsuite}"


class Substitution:
    """The plugin: binds the substitutes, answers for them, and tells what they saw."""

    def __init__(self, mode: str) -> None:
        """``mode``: replace or shadow."""
        self._mode = mode
        self._fresh: list[Call] = []  # since the last report of a test
        self._calls: list[Call] = []
        self._substitutes = {torchs: _substitute(name, torchs, self._answer) for name, torchs in dropin.TORCH.items()}
        rebind(self._substitutes)

    def _answer(self, name: str, asked: Mapping[str, Any]) -> bool:
        """Torch's answer where it is shadowed, else gradsuite's."""
        torchs = _attempt(lambda: dropin.TORCH[name](**asked)) if self._mode == "shadow" else None
        own = _attempt(lambda: dropin.judge(name, asked))
        self._fresh.append(_call(name, torchs, own))
        return dropin.settle(name, asked, own.result()) if torchs is None else torchs.result()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Iterator[Any]:
        """A report takes along the calls since the last one."""
        report = yield
        setattr(report, CARRIED, [asdict(call) for call in self._fresh])
        self._fresh.clear()
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Where the summary is written, reports arrive from every worker."""
        self._calls += [Call(**fields) for fields in getattr(report, CARRIED, [])]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Counts; then each call on which the two differ, and each that gradsuite left open."""
        terminalreporter.section(f"gradsuite: gradcheck, mode {self._mode}")
        terminalreporter.write_line(_counts(self._calls))
        for call in sorted(self._calls, key=lambda call: (not call.differs, call.test)):
            if call.differs or call.open:
                terminalreporter.write_line(f"{call}\n{indent(clean(call.why), '    ')}")

    def pytest_unconfigure(self) -> None:
        """Every name is torch's again."""
        rebind({substitute: torchs for torchs, substitute in self._substitutes.items()})


def rebind(functions: Mapping[Function, Function]) -> None:
    """Binds every module's name for one of ``functions`` to its value; gradsuite's own modules hold no such name."""
    for module in list(sys.modules.values()):
        if isinstance(module, ModuleType):
            for name, value in list(vars(module).items()):
                if type(value) is FunctionType and value in functions:  # isinstance asks the value, which may warn
                    setattr(module, name, functions[value])


def _substitute(name: str, torchs: Function, answer: Callable[[str, Mapping[str, Any]], bool]) -> Function:
    """A function like ``torchs`` that has ``answer`` answer it, except while one is being answered."""
    signature = inspect.signature(torchs)

    @wraps(torchs)
    def substitute(*args: Any, **options: Any) -> bool:
        if _inside.get():
            return torchs(*args, **options)
        bound = signature.bind(*args, **options)
        bound.apply_defaults()
        token = _inside.set(True)
        try:
            return answer(name, bound.arguments)
        finally:
            _inside.reset(token)

    return substitute


@dataclass(frozen=True)
class _Attempt(Generic[T]):
    """What came of calling something, and in how many seconds."""

    value: T | Exception
    seconds: float

    def result(self) -> T:
        """The value; raises what was raised."""
        if isinstance(self.value, Exception):
            raise self.value
        return self.value


def _attempt(side: Callable[[], T]) -> _Attempt[T]:
    started = time.perf_counter()
    try:
        value: T | Exception = side()
    except Exception as error:  # of the suite's own function, and raised again where its answer is given
        value = error
    return _Attempt(value, time.perf_counter() - started)


def _call(name: str, torchs: _Attempt[bool] | None, own: _Attempt[Verdict]) -> Call:
    said = own.value
    outcome, why = ("raised", repr(said)) if isinstance(said, Exception) else (said.outcome.value, said.text)
    return Call(
        os.environ.get("PYTEST_CURRENT_TEST", "outside of tests"), name,
        "" if torchs is None else _said(torchs.value), 0.0 if torchs is None else torchs.seconds,
        outcome, own.seconds, why,
    )  # fmt: skip


def _said(value: bool | Exception) -> str:
    if isinstance(value, Exception):
        return "failed" if isinstance(value, GradcheckError) else "raised"
    return "passed" if value else "failed"


def _counts(calls: list[Call]) -> str:
    counts = Counter("differ" if call.differs else call.gradsuite for call in calls)
    told = ", ".join(f"{count} {what}" for what, count in sorted(counts.items()))
    seconds = f"gradsuite {sum(call.gradsuite_seconds for call in calls):.1f} s"
    if any(call.torch for call in calls):
        seconds += f", torch {sum(call.torch_seconds for call in calls):.1f} s"
    return f"{counted(len(calls), 'call')}: {told or 'none was made'} ({seconds})"

"""The marker ``gradsuite``: a test function that returns the op, or takes it, becomes a test for each of its cases.

.. code-block:: python

    @pytest.mark.gradsuite(inputs=(torch.randn(3, 4, dtype=torch.float64),))
    def test_scale(factor):  # a fixture, or a parameter
        return Scale(factor)

    @pytest.mark.gradsuite(op="kernels:scale", inputs=(torch.randn(3),), domain=["positive"])
    def test_scale_is_linear(op):
        assert op(torch.zeros(3)).sum() == 0

What is judged is what the function returns; one that returns nothing is judged by the op that the marker names. Its
keywords are those of ``gradsuite.check``, which says what they mean; the settings select among what they declare.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any

import pytest

from gradsuite.devices import names as device_names
from gradsuite.errors import GradsuiteError, UsageError
from gradsuite.inputs.given import devices_of, dtypes_of, inputs_of
from gradsuite.plan import DTYPES, Case, checks_of, chosen
from gradsuite.plugin import parameter
from gradsuite.plugin.bench import bench
from gradsuite.plugin.outcome import settle
from gradsuite.plugin.parameter import Marked
from gradsuite.plugin.settings import Settings
from gradsuite.request import Request
from gradsuite.results import CaseResult
from gradsuite.runner import Session
from gradsuite.spec.definition import Spec
from gradsuite.spec.nearest import suggestion
from gradsuite.subject import resolve

OPTIONS = ("domain", "derivative", "forward", "surrogate")
KEYWORDS = ("op", "inputs", "checks", "devices", "dtypes", *OPTIONS, "name")


@dataclass(frozen=True)
class Declared:
    """What a marker declares, its keywords as ``gradsuite.check`` takes them."""

    name: str
    op: Callable[..., Any] | str | None
    inputs: tuple[Any, ...]
    options: Mapping[str, Any]  # what OPTIONS names

    def judged(self, returned: Any) -> Callable[..., Any]:
        """The op to be judged, where the test function ``returned`` this. Raises UsageError where there is none."""
        op = self.op if returned is None else returned
        if isinstance(op, str):
            op = resolve(op)
        if op is None:
            raise UsageError(
                "the test returns nothing to judge; return the op, or name it: op='package.module:function'"
            )
        if not callable(op):
            raise UsageError(f"the test returns {type(op).__name__}, which cannot be called; return the op")
        return op

    def request(self, op: Callable[..., Any], path: str, name: str) -> Request:
        """The request to judge ``op``, under the names that its cases have. Raises UsageError."""
        return Request(op, self.inputs, name, path, **self.options)


# From the marker to cases, when tests are collected.


def parametrize(metafunc: pytest.Metafunc, marker: pytest.Mark, settings: Settings) -> None:
    """A test for each case that the marker declares. Raises CollectError, with the place, where it is wrong."""
    try:
        declared = _declared(marker, metafunc.function.__name__)
        cases = list(_cases(declared, marker.kwargs, settings))
    except GradsuiteError as fault:
        path, line, _ = metafunc.definition.location
        raise pytest.Collector.CollectError(f"{path}:{(line or 0) + 1}: the marker gradsuite: {fault}") from fault
    taken = "op" in metafunc.fixturenames and declared.op is not None
    metafunc.fixturenames.append(parameter.NAME)
    metafunc.parametrize([parameter.NAME, "op"] if taken else [parameter.NAME], [
        pytest.param(case, *([declared.judged(None)] if taken else []), id=case.id, marks=_selectable(case))
        for case in cases
    ])  # fmt: skip


def _selectable(case: Marked) -> list[pytest.MarkDecorator]:
    """For ``-m "gradsuite(op='scale', dtype='float64')"``: by the case's name, or the op's path or its last part."""
    op = case.declared.op
    path = op if isinstance(op, str) else getattr(op, "__name__", "")
    names = dict.fromkeys(filter(None, (path, path.rpartition(":")[2].rpartition(".")[2], case.declared.name)))
    where = {"check": case.check, "device": case.device, "dtype": case.dtype}
    return [pytest.mark.gradsuite(op=name, **where) for name in names]


def _declared(marker: pytest.Mark, function: str) -> Declared:
    for name in marker.kwargs:
        if name not in KEYWORDS:
            raise UsageError(f"unknown keyword {name!r}; {suggestion(name, KEYWORDS)}")
    if marker.args or "inputs" not in marker.kwargs:
        raise UsageError("give keywords, and example inputs among them: inputs=(torch.randn(3),)")
    inputs = inputs_of(marker.kwargs["inputs"])
    options = {key: marker.kwargs[key] for key in OPTIONS if key in marker.kwargs}
    name = marker.kwargs.get("name") or function.removeprefix("test_")
    return Declared(name, marker.kwargs.get("op"), inputs, options)


def _cases(declared: Declared, said: Mapping[str, Any], settings: Settings) -> Iterator[Marked]:
    dtypes, devices = _names(said.get("dtypes", ())), _names(said.get("devices", ()))
    checks = checks_of(said["checks"]) if said.get("checks") else ()
    chosen("dtype", dtypes, DTYPES)
    chosen("device", devices, (*device_names(), *devices_of(declared.inputs)))
    for device in _selected(devices, settings.devices, devices_of(declared.inputs)):
        for dtype in _selected(dtypes, settings.dtypes, _names(dtypes_of(declared.inputs))):
            for check in _selected(checks, settings.checks, checks_of(())):
                yield Marked(declared, check, device, dtype)


def _names(given: Iterable[Any]) -> tuple[str, ...]:
    """``float64`` for ``torch.float64``."""
    return tuple(str(each).removeprefix("torch.") for each in given)


def _selected(declared: Sequence[str], wanted: Sequence[str], default: Sequence[str]) -> Sequence[str]:
    """Those declared that are wanted; where none is declared, those that are wanted, or the default."""
    if not declared:
        return wanted or default
    return [name for name in declared if not wanted or name in wanted]


# From cases to results, when tests are run.


@dataclass(frozen=True)
class _Place:
    """Under which names the case of an item is recorded: ``path`` is the test, ``name`` the op with its parameters."""

    path: str
    name: str
    prefix: str  # of the item's parameters, before its case

    @classmethod
    def of(cls, item: pytest.Function, case: Marked) -> _Place:
        path = f"{item.parent.nodeid if item.parent else ''}::{item.originalname}"
        prefix = item.callspec.id.removesuffix(case.id)
        return cls(path, case.declared.name + (f"[{prefix.removesuffix('-')}]" if prefix else ""), prefix)

    def nodeid(self, case: Case) -> str:
        """The id of the item that runs ``case``."""
        return f"{self.path}[{self.prefix}{case.check}-{case.device}-{case.dtype}]"

    def case(self, marked: Marked) -> Case:
        """The case, where its op is not known."""
        nothing = Spec(
            path=self.path, op="", name=self.name, family="", summary="", reference="", complex=False, real=True,
            definitions=(), text="",
        )  # fmt: skip
        return Case(nothing, marked.device, marked.dtype, marked.check)


@dataclass(frozen=True)
class _Current:
    """The op that is judged at the moment: the cases of a test share samples for as long as it returns the same op."""

    place: _Place
    op: Callable[..., Any]
    request: Request
    session: Session


_CURRENT = pytest.StashKey[_Current]()


def lost(item: pytest.Function, marked: Marked, reason: str) -> CaseResult:
    """The result of a case that could not be run, recorded."""
    return bench(item.config).lost(_Place.of(item, marked).case(marked), reason)


def call(item: pytest.Function, marked: Marked) -> Generator[None, object, object]:
    """Has pytest call the test function, and judges what it returns."""
    with _returned(item) as returned:
        done = yield
    try:
        current = _current(item, marked, marked.declared.judged(returned[0]))
    except GradsuiteError as fault:
        settle(lost(item, marked, str(fault)), item)
        return done
    case = Case(current.request.spec, marked.device, marked.dtype, marked.check)
    settle(bench(item.config).run(current.session, case), item)
    return done


@contextmanager
def _returned(item: pytest.Function) -> Iterator[list[Any]]:
    """What the test function returns while the body runs; pytest would warn of it."""
    function, found = item.obj, []

    @wraps(function)
    def kept(*args: Any, **options: Any) -> None:
        found.append(function(*args, **options))

    item.obj = kept
    try:
        yield found
    finally:
        item.obj = function


def _current(item: pytest.Function, marked: Marked, op: Callable[..., Any]) -> _Current:
    place, last = _Place.of(item, marked), item.config.stash.get(_CURRENT, None)
    if last is None or (last.place, last.op) != (place, op):
        used, request = bench(item.config), marked.declared.request(op, place.path, place.name)
        source = used.replayed(request.source, place.nodeid)
        last = item.config.stash[_CURRENT] = _Current(place, op, request, used.session(source=source))
    return last

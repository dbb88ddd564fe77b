"""Specs x devices x dtypes x checks -> cases with stable ids. No torch."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from gradsuite import checks as known_checks
from gradsuite import devices as known_devices
from gradsuite.errors import UsageError
from gradsuite.results import CaseResult, Outcome
from gradsuite.spec.definition import Spec
from gradsuite.spec.nearest import suggestion

REAL = ("float64", "float32", "bfloat16", "float16")
COMPLEX = ("complex128", "complex64")
DTYPES = REAL + COMPLEX
LIMIT = 60.0  # seconds that a case may take, unless told otherwise


@dataclass(frozen=True)
class Case:
    """One op on one device in one dtype under one check."""

    spec: Spec
    device: str
    dtype: str
    check: str

    @property
    def id(self) -> str:
        """As pytest's node id: ``specs/activation/softmax.grad.yaml::softmax::reverse[cpu-bfloat16]``."""
        return f"{self.spec.path}::{self.spec.name}::{self.check}[{self.device}-{self.dtype}]"

    @property
    def group(self) -> tuple[str, str, str, str]:
        """Cases of one group share their samples: (path, op, device, dtype)."""
        return (self.spec.path, self.spec.name, self.device, self.dtype)


def plan(
    specs: Sequence[Spec],
    *,
    ops: Collection[str] = (),
    checks: Collection[str] = (),
    devices: Collection[str] = ("cpu",),
    dtypes: Collection[str] = (),
) -> list[Case]:
    """The cases of ``specs``, group after group, in an order that depends on nothing else.

    ``ops`` are globs over dotted paths and short names. An empty selection means everything that is known.
    Raises UsageError for a glob that matches no op and for an unknown check, device or dtype.
    """
    chosen_checks = checks_of(checks)
    chosen_devices = chosen("device", devices, known_devices.names())
    chosen_dtypes = chosen("dtype", dtypes, DTYPES)
    return [
        Case(spec, device, dtype, check)
        for spec in sorted(select(specs, ops), key=lambda spec: (spec.path, spec.name))
        for device in chosen_devices
        for dtype in dtypes_of(spec)
        if dtype in chosen_dtypes
        for check in chosen_checks
    ]


def select(specs: Sequence[Spec], ops: Collection[str]) -> list[Spec]:
    """The specs whose dotted path or short name matches one of ``ops``; all of them if there is none."""
    for pattern in ops:
        if not any(_matches(spec, pattern) for spec in specs):
            known = sorted({spec.name for spec in specs} | {spec.op for spec in specs})
            raise UsageError(f"no op matches {pattern!r}; {suggestion(pattern, known)}")
    return [spec for spec in specs if not ops or any(_matches(spec, pattern) for pattern in ops)]


def dtypes_of(spec: Spec) -> tuple[str, ...]:
    """The dtypes that a spec is run in, widest first."""
    return (REAL if spec.real else ()) + (COMPLEX if spec.complex else ())


def checks_of(wanted: Collection[str]) -> tuple[str, ...]:
    """The checks that are wanted; unless any is named, all but those on request. Raises UsageError."""
    return chosen("check", wanted, known_checks.requestable()) if wanted else known_checks.names()


def chosen(kind: str, wanted: Collection[str], known: Sequence[str]) -> tuple[str, ...]:
    """The members of ``known`` that are wanted, in its order; all if none is. Raises UsageError for an unknown one."""
    for name in wanted:
        if name not in known:
            raise UsageError(f"unknown {kind} {name!r}; {suggestion(name, known)}")
    return tuple(name for name in known if not wanted or name in wanted)


def bare(case: Case, outcome: Outcome, reason: str = "") -> CaseResult:
    """A result with nothing measured."""
    return CaseResult(
        id=case.id, op=case.spec.op, name=case.spec.name, path=case.spec.path, check=case.check, device=case.device,
        dtype=case.dtype, outcome=outcome, reason=reason,
    )  # fmt: skip


def _matches(spec: Spec, pattern: str) -> bool:
    return fnmatchcase(spec.op, pattern) or fnmatchcase(spec.name, pattern)

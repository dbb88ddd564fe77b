"""The faults that a user can mend: each says what, where, and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Fault:
    """One thing wrong in one file; ``line`` and ``column`` count from 1."""

    path: str
    line: int
    column: int
    what: str
    mend: str = ""

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}:{self.column}: {self.what}"
        return f"{place}; {self.mend}" if self.mend else place


class GradsuiteError(Exception):
    """Base of every error that gradsuite raises on purpose."""


class SpecError(GradsuiteError):
    """A spec or waiver file cannot be used. ``faults`` holds every fault found, in order of place."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = sorted(faults)
        super().__init__("\n".join(map(str, self.faults)))


class FormulaError(GradsuiteError):
    """A formula is refused. ``column`` counts from 1 within the formula's text."""

    def __init__(self, what: str, *, column: int = 1, mend: str = "") -> None:
        self.what, self.column, self.mend = what, column, mend
        super().__init__(f"{what}; {mend}" if mend else what)


class UsageError(GradsuiteError):
    """An argument or option is wrong: names the argument, its value, and what would do."""


class Unsupported(GradsuiteError):
    """The op does not take this dtype, device or mode: an outcome of its own, never a pass."""

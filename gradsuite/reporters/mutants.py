"""The vacuity guard's figures: of the mutants of an op's own gradient, how many the checks noticed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gradsuite.results import CaseResult


@dataclass(frozen=True)
class Mutants:
    """How many were put before the checks, and those that no check noticed."""

    made: int
    survivors: tuple[str, ...]

    def __str__(self) -> str:
        noticed = self.made - len(self.survivors)
        return f"{noticed:,} of {self.made:,}" + (f" ({noticed / self.made:.1%})" if self.survivors else "")


def count(results: Iterable[CaseResult]) -> Mutants | None:
    """Over all cases that measured it; None where none did."""
    measured = [result for result in results if result.measures.mutants]
    if not measured:
        return None
    survivors = tuple(f"{name}, {result.dtype}" for result in measured for name in result.measures.survivors)
    return Mutants(sum(result.measures.mutants or 0 for result in measured), survivors)

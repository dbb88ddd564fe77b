"""What a check is, and what it says of one sample."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from gradsuite.numerics.estimate import Agreement
from gradsuite.results import Culprit, Says

if TYPE_CHECKING:
    from gradsuite.routes.evidence import Evidence
    from gradsuite.spec.definition import Definition


@dataclass(frozen=True)
class Figures:
    """What one comparison measured, for the report's histograms."""

    ulps: tuple[float, ...] = ()  # one for each element
    ratios: tuple[float, ...] = ()  # error over natural error, one for each element
    digits: float | None = None  # to which the declared formula is proven
    bar: float | None = None  # of the differences, relative
    held: bool | None = None  # whether the true slope lies within that bar; None where no proven formula tells it
    mutants: Mapping[str, bool] = field(default_factory=dict)  # those of the gradient, and whether each was noticed


@dataclass(frozen=True)
class Comparison:
    """One property at one sample. ``name`` says which, and stays the same while a failure is shrunk."""

    name: str
    agreement: Agreement
    culprit: Culprit | None = None
    sentence: str = ""  # why it failed, or why nothing could be decided
    says: tuple[Says, ...] = ()
    where: str = ""
    got: str = ""
    expected: str = ""
    figures: Figures = field(default_factory=Figures)
    wrong_input: str | None = None  # the input whose gradient is wrong, where that is what failed
    in_full: Callable[[], str] | None = None  # the sentence with what is found out only where the failure is told
    note: str = ""  # what is worth knowing of a property that holds
    shown: Callable[[], Evidence | None] | None = None  # where one backward shows it, if not at the sample; or nowhere

    @property
    def number(self) -> str:
        """What is compared, without the condition that follows a comma in the name."""
        return self.name.partition(", ")[0]

    @property
    def key(self) -> tuple[str, Culprit | None]:
        """What shrinking must keep: the comparison and who is blamed."""
        return self.name, self.culprit


@dataclass(frozen=True)
class Check:
    """One property. ``compare`` yields its comparisons at a sample; ``needs`` says why a definition has nothing to
    check, or is empty.

    ``samples``: drawn (the shared samples), edge, kink, few (up to four ordinary, full samples of different shapes,
    every input differentiated), two (of them), first (one), or large (one with a size past the tiles of kernels).
    ``shrinks``: whether a failure is told at a smaller sample than that at which it was met.
    ``compares_calls``: whether it takes two calls with the same inputs to give the same; what fails then says nothing
    of an op that does not repeat.
    ``one_suffices``: a comparison that holds at one sample holds; what it says elsewhere is then no failure.
    """

    compare: Callable[[Evidence], Iterator[Comparison]]
    needs: Callable[[Definition | None], str] = lambda definition: ""
    samples: Literal["drawn", "edge", "kink", "few", "two", "first", "large"] = "drawn"
    one_suffices: bool = False
    shrinks: bool = True
    compares_calls: bool = True

"""A failure as a story: who is wrong, what it looks like, where, what each route says, and how to see it again."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile

from markupsafe import Markup

from gradsuite.reporters.html import anchors
from gradsuite.reporters.html.chosen import mistake
from gradsuite.reporters.html.drawings import heat, steps, strip
from gradsuite.reporters.html.templates import fill
from gradsuite.reporters.merge import Merged, OpPage, Placed
from gradsuite.results import Array, Failure, Formula, Outcome

_PICTURES = 400_000  # characters: what drawings of failures may add to the page
_WHOLE = 900_000  # characters: after these, stories keep their sentence and replay command only


@dataclass
class Budget:
    """What stories have added to the page so far: it stays readable however much fails."""

    spent: int = 0
    opened: int = 0
    sections: int = 0  # of ops, that stand open


def tell(merged: Merged, page: OpPage, placed: Placed, budget: Budget) -> Markup:
    """The case's story; the first few of a page stand open."""
    failures = placed.result.failures
    opened = placed.result.outcome is Outcome.FAILED and budget.opened < 6 and not _told(page, placed)
    budget.opened += opened
    told = fill(
        "story.html",
        placed=placed,
        result=placed.result,
        lane=merged.label(placed.lane),
        anchor=anchors.of_case(placed),
        opened=opened,
        last=[("input", array) for array in last.inputs] if (last := placed.result.last_sample) else [],
        failures=[_Failure.of(failure, page, budget) for failure in failures[:3]],
        left_out=max(0, len(failures) - 3),
        full=budget.spent < _WHOLE,
    )
    budget.spent += len(told)
    return told


def _told(page: OpPage, placed: Placed) -> bool:
    """Whether an earlier case of the op tells the same mistake."""
    earlier = takewhile(lambda other: other is not placed, page.placed)
    return any(mistake(other) == mistake(placed) for other in earlier)


@dataclass(frozen=True)
class _Failure:
    """A failure with its drawings."""

    record: Failure
    formulas: tuple[Formula, ...]
    strips: list[Markup]
    maps: list[tuple[str, str, Markup]]
    reduced: bool
    steps: Markup

    @classmethod
    def of(cls, failure: Failure, page: OpPage, budget: Budget) -> _Failure:
        drawn = budget.spent < _PICTURES
        return cls(
            failure,
            _formulas(failure, page),
            strip.draw(failure.says),
            heat.draw(failure.picture) if failure.picture and drawn else [],
            failure.picture is not None and heat.reduced(failure.picture),
            steps.draw(failure.steps) if drawn else Markup(""),
        )

    @property
    def tensors(self) -> tuple[tuple[str, Array], ...]:
        """Inputs, then cotangents."""
        return (*(("input", a) for a in self.record.inputs), *(("cotangent", a) for a in self.record.cotangents))


def _formulas(failure: Failure, page: OpPage) -> tuple[Formula, ...]:
    """The derivative for the input in question; all derivatives where that is not clear."""
    derivatives = [f for f in page.op.formulas if f.form in ("elementwise", "jacobian", "gradient", "reshuffle", "vjp")]
    place = failure.comparison + " " + failure.where
    named = [f for f in derivatives if f"input {f.label.rpartition(' ')[2].removeprefix('d')}" in place]
    return tuple(named or derivatives)[:3]

"""A case's result as plain text, for a test run or an exception: what failed, who is wrong, how to see it again."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import indent

from gradsuite.reporters import words
from gradsuite.results import Array, CaseResult, Failure, Says, Told

_MOST = 400  # characters of one value


def case_text(result: CaseResult) -> str:
    """The result's failures, or why it could not be run and at which sample."""
    told = [failure_text(failure) for failure in result.failures] or ["\n".join(_error(result))]
    return "\n".join(words.clean(line) for line in "\n\n".join([result.id, *told]).split("\n"))


def failure_text(failure: Failure) -> str:
    """One failure: comparison, culprit, smallest input, what each route says, replay command and reproducer."""
    return "\n".join(_lines(failure))


def _error(result: CaseResult) -> Iterator[str]:
    yield result.reason or result.outcome.value
    if result.last_sample is not None:
        yield from (f"  {_array(array)}" for array in result.last_sample.inputs)
        yield from (f"  {name} = {words.clip(value, _MOST)}" for name, value in result.last_sample.arguments.items())
        yield from _again(result.last_sample)


def _lines(failure: Failure) -> Iterator[str]:
    yield f"{failure.comparison}: {words.story(failure)}"
    yield from (f"  {_array(array)}" for array in (*failure.inputs, *failure.cotangents))
    yield from (f"  {name} = {value}" for name, value in failure.arguments.items())
    if failure.where and failure.got:
        yield f"  at {failure.where}: got {failure.got}, expected {failure.expected}{_distance(failure)}"
    yield from (f"  {_says(says)}" for says in failure.says)
    yield from _again(failure)


def _again(told: Told) -> Iterator[str]:
    """How to see it again."""
    if told.replay:
        yield f"  again: {told.replay}"
    if told.stored is not None:
        yield f"  this sample alone, once recorded: {words.replayed(told)}"
    if told.not_stored:
        yield f"  not stored for gradsuite replay: {told.not_stored}"
    if told.reproducer:
        yield "  with torch alone:"
        yield indent(told.reproducer.rstrip(), "    ")


def _array(array: Array) -> str:
    layout = "" if array.layout == "contiguous" else f", {array.layout}"
    return f"{array.name} = {words.clip(array.text, _MOST)}  ({array.dtype}{layout})"


def _says(says: Says) -> str:
    mark = "agrees" if says.agrees else "differs"
    return f"{says.route:<12} {words.clip(says.value, _MOST)}  (bar {says.bar}, {mark})"


def _distance(failure: Failure) -> str:
    parts = [
        f"{words.number(value)} {unit}"
        for value, unit in ((failure.ulps, "ULP"), (failure.ratio, "natural errors"))
        if value is not None
    ]
    return f" ({', '.join(parts)})" if parts else ""

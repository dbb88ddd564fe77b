"""The shape of an input as written: words for sizes, as in jaxtyping and einops."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gradsuite.errors import FormulaError
from gradsuite.spec.definition import Axis
from gradsuite.spec.formula import parse

_MARKS = re.compile(r"[*#]*")


def parse_shape(text: str) -> tuple[Axis, ...]:
    """The axes of ``text``: ``"N C"``, ``"*B C"``, ``"*#B"``, ``"G*I"``, ``"3"``; empty text is 0-d.

    Raises:
        FormulaError: a word cannot be read; its column counts from 1 in ``text``.
    """
    axes = tuple(_axis(word.group(), word.start()) for word in re.finditer(r"\S+", text))
    if sum(axis.variadic for axis in axes) > 1:
        second = [word for word in re.finditer(r"\S+", text) if word.group().startswith("*")][1]
        raise FormulaError("a shape has one variadic word", column=second.start() + 1, mend="sizes must be told apart")
    return axes


def written(axes: tuple[Axis, ...]) -> str:
    """The text that ``parse_shape`` reads as ``axes``."""
    return " ".join("*" * axis.variadic + "#" * axis.broadcast + axis.size.text for axis in axes)


def symbols(axes: tuple[Axis, ...], arguments: frozenset[str]) -> Iterator[tuple[str, bool]]:
    """The shape symbols that ``axes`` mention, each with whether it stands for any number of sizes."""
    for axis in axes:
        for name in sorted(axis.size.names - arguments):
            yield name, axis.variadic


def _axis(word: str, start: int) -> Axis:
    marks = _MARKS.match(word)
    assert marks is not None
    rest = word[marks.end() :]
    _check_marks(marks.group(), rest, start + 1)
    try:
        size = parse(rest)
    except FormulaError as error:
        raise FormulaError(error.what, column=start + marks.end() + error.column, mend=error.mend) from None
    return Axis(size, variadic="*" in marks.group(), broadcast="#" in marks.group())


def _check_marks(marks: str, rest: str, column: int) -> None:
    if "..." in rest:
        raise FormulaError("a shape has no '...'", column=column, mend="give the other sizes a name: '*B'")
    if "," in rest:
        raise FormulaError("sizes are separated by blanks, not commas", column=column, mend="write 'N C'")
    if marks not in ("", "*", "#", "*#"):
        raise FormulaError(f"{marks!r} is no mark of a size", column=column, mend="write '*', '#' or '*#'")
    if not rest:
        raise FormulaError(f"{marks!r} stands alone", column=column, mend="a size is one word: 'G*I', '*B', '#N'")
    if marks and not rest.isidentifier():
        raise FormulaError(f"{marks!r} marks a symbol, not {rest!r}", column=column, mend="as in '*B' or '#N'")

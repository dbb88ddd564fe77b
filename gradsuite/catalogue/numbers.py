"""Numbers of a sample as mathematics: a scalar, a vector, a matrix, or rows of matrices."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

from gradsuite.spec.formula import notation as write
from gradsuite.spec.formula.notation import Markup


def shape(value: Any) -> tuple[int, ...]:
    """The sizes of nested lists of equal length."""
    if not isinstance(value, (list, tuple)):
        return ()
    return (len(value), *(shape(value[0]) if value else ()))


def flat(value: Any) -> list[Any]:
    """Every number in nested lists."""
    return [each for part in value for each in flat(part)] if isinstance(value, (list, tuple)) else [value]


def written(value: Any) -> Markup:
    """The value; leading sizes of one are told behind it, not drawn."""
    sizes = shape(value)
    inner, lead = value, 0
    while len(sizes) - lead > 2 and sizes[lead] == 1:
        inner, lead = inner[0], lead + 1
    drawn = _nested(inner)
    return Markup(write.row(drawn.text, write.words(f"  ({_sizes(sizes)})"))) if len(sizes) > 2 else drawn


def _sizes(sizes: tuple[int, ...]) -> str:
    return " × ".join(map(str, sizes))


def _nested(value: Any) -> Markup:
    sizes = shape(value)
    if not sizes:
        return _single(value)
    if 0 in sizes:
        return Markup(write.words(f"empty, {_sizes(sizes)}"))
    if len(sizes) == 2:
        return _matrix(value)
    return write.fenced("(", write.listed([_nested(each) for each in value]), ")")


def _matrix(rows: Any) -> Markup:
    cells = ("".join(f"<mtd>{_single(each).text}</mtd>" for each in row) for row in rows)
    return write.fenced("(", f"<mtable>{''.join(f'<mtr>{row}</mtr>' for row in cells)}</mtable>", ")")


def _single(value: Any) -> Markup:
    """One entry. Complex numbers are written in quotes in a spec."""
    if isinstance(value, bool) or value is None:
        return Markup(write.words(str(value).lower()))
    if isinstance(value, (int, float)):
        return _real(value)
    try:
        return _complex(complex(value))
    except ValueError:
        return Markup(write.words(str(value)))


def _real(value: float) -> Markup:
    if math.isnan(value):
        return Markup(write.words("NaN"))
    size = "∞" if math.isinf(value) else _decimal(abs(value))
    return write.minus(write.number(size)) if math.copysign(1, value) < 0 and value else write.number(size)


def _decimal(value: float) -> str:
    """All digits, and a power of ten where that is shorter to read."""
    exact = Decimal(repr(value)).normalize()
    return str(exact).lower() if value >= 1e6 else repr(value).removesuffix(".0")


def _complex(value: complex) -> Markup:
    sign = "−" if math.copysign(1, value.imag) < 0 else "+"
    return write.added(_real(value.real), sign, write.multiplied(_real(abs(value.imag)), Markup("<mi>i</mi>")))

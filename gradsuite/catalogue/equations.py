"""Declared formulas as equations: what stands on the left of them, and their text with its names as links."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from markupsafe import Markup, escape

from gradsuite.reporters import words
from gradsuite.spec.definition import Derivative, Form
from gradsuite.spec.formula import Formula
from gradsuite.spec.formula import notation as write
from gradsuite.spec.formula.mathml import displayed, equation, markup
from gradsuite.spec.formula.notation import Markup as Piece

_CALLED = re.compile(r"[A-Za-z_]\w*(?=\s*\()")


def defined(name: str, formula: Formula) -> str:
    """``name = formula``."""
    return equation(write.name(name), markup(formula))


def plain(formula: Formula) -> str:
    """The formula alone."""
    return displayed(markup(formula))


def identity(sides: tuple[Formula, Formula]) -> str:
    """``left = right``."""
    return equation(*map(markup, sides))


def derivative(output: str, name: str, given: Derivative) -> str:
    """A slope for the forms that state one, the gradient itself for those that state its product with ct."""
    if given.form in (Form.VJP, Form.RESHUFFLE):
        return equation(write.name(f"d_{name}"), markup(given.formula))
    letters = ("i", "j") if given.form is Form.JACOBIAN else ("", "")
    return equation(_slope(output, name, letters), markup(given.formula))


def convention(output: str, name: str, formula: Formula) -> str:
    """The slope that is held on a kink."""
    return equation(_slope(output, name, ("", "")), markup(formula))


def kink(at: Formula) -> str:
    """``at = 0``."""
    return equation(markup(at), write.number("0"))


def _slope(output: str, name: str, letters: tuple[str, str]) -> Piece:
    above, below = (
        Piece(write.row("<mo>∂</mo>", _indexed(write.name(each), letter).text))
        for each, letter in zip((output, name), letters, strict=True)
    )
    return write.fraction(above, below)


def _indexed(base: Piece, letter: str) -> Piece:
    return write.subscript(base, write.name(letter)) if letter else base


def linked(text: str, address: Callable[[str], str | None], own: Mapping[str, str | None] | None = None) -> Markup:
    """The formula's text, each function that has an address as a link; ``own`` goes before the language's."""
    text, pieces, end = words.clean(" ".join(text.split())), [], 0
    for match in _CALLED.finditer(text):
        target = own[match[0]] if own and match[0] in own else address(match[0])
        if target is not None:
            pieces += [escape(text[end : match.start()]), Markup('<a href="{}">{}</a>').format(target, match[0])]
            end = match.end()
    return Markup("").join([*pieces, escape(text[end:])])

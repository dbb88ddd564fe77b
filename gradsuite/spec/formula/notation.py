"""Pieces of MathML with their binding strength: what a function needs to say how it is written.

A ``Markup`` is safe by construction: text enters only through ``name``, ``number``, ``sign`` and ``words``, which escape it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape

CHOICE, EITHER, BOTH, NOT, COMPARISON, SUM, PRODUCT, NEGATION, POWER, ATOM = range(10)


@dataclass(frozen=True)
class Markup:
    """MathML text, how strongly it binds, and whether it is a fraction or other tall piece."""

    text: str
    binds: int = ATOM


Arguments = Mapping[str, Markup]
Notation = Callable[[Arguments], Markup]

GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "eps": "ε", "zeta": "ζ", "eta": "η", "theta": "θ",
    "kappa": "κ", "lambda": "λ", "lambd": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "φ",
    "chi": "χ", "psi": "ψ", "omega": "ω",
}  # fmt: skip


def name(text: str) -> Markup:
    """A variable: Greek where the name is a Greek letter, ``a_b`` as a subscript, ``d_x`` as a differential."""
    head, _, tail = text.partition("_")
    if tail and head == "d":
        return Markup(f"<mrow><mi>d</mi>{name(tail).text}</mrow>")
    if tail and head:
        return subscript(name(head), name(tail))
    letters = text.rstrip("0123456789")
    if letters and letters != text:
        return subscript(name(letters), number(text[len(letters) :]))
    return Markup(f"<mi>{escape(GREEK.get(text, text))}</mi>")


def number(text: str) -> Markup:
    """A number as written; ``1e-05`` becomes a power of ten."""
    mantissa, exponential, exponent = text.partition("e")
    if not exponential:
        return Markup(f"<mn>{escape(text)}</mn>")
    power = f"<msup><mn>10</mn><mn>{escape(str(int(exponent)).replace('-', '−'))}</mn></msup>"
    if mantissa == "1":
        return Markup(power, POWER)
    return Markup(f"<mrow><mn>{escape(mantissa)}</mn><mo>×</mo>{power}</mrow>", PRODUCT)


def sign(text: str) -> str:
    """An operator or fence."""
    return f"<mo>{escape(text)}</mo>"


def words(text: str) -> str:
    """Upright words."""
    return f"<mtext>{escape(text)}</mtext>"


def row(*parts: str) -> str:
    """Parts side by side."""
    return f"<mrow>{''.join(parts)}</mrow>"


def upright(text: str) -> str:
    """A function's name."""
    return f'<mi mathvariant="normal">{escape(text)}</mi>'


def listed(parts: list[Markup]) -> str:
    """Parts with commas between."""
    return sign(",").join(part.text for part in parts)


def fenced(opening: str, inner: str, closing: str) -> Markup:
    """Something between fences that grow with it."""
    return Markup(row(sign(opening), inner, sign(closing)))


def parenthesised(markup: Markup, least: int) -> str:
    """The markup, in parentheses if it binds less than ``least``."""
    return markup.text if markup.binds >= least else fenced("(", markup.text, ")").text


def subscript(base: Markup, below: Markup) -> Markup:
    """Base with something below right."""
    return Markup(f"<msub>{parenthesised(base, ATOM)}{row(below.text)}</msub>")


def superscript(base: Markup, above: Markup) -> Markup:
    """Base with something above right: binds as a power."""
    return Markup(f"<msup>{parenthesised(base, ATOM)}{row(above.text)}</msup>", POWER)


def fraction(above: Markup, below: Markup) -> Markup:
    """One over the other."""
    return Markup(f"<mfrac>{row(above.text)}{row(below.text)}</mfrac>", PRODUCT)


def root(inner: Markup) -> Markup:
    """A square root."""
    return Markup(f"<msqrt>{inner.text}</msqrt>")


def applied(
    function: str, arguments: list[Markup], below: Markup | None = None, fences: tuple[str, str] = ("(", ")")
) -> Markup:
    """``function`` (already markup) applied to arguments in parentheses or other fences."""
    head = f"<msub>{function}{row(below.text)}</msub>" if below else function
    return Markup(row(head, sign("\u2061"), fenced(fences[0], listed(arguments), fences[1]).text))


# Notations: how a function is written, given the markup of its arguments by parameter name.


def called(text: str) -> Notation:
    """An upright name; the dimension, if given, below it: ``softmax_dim(x)``."""

    def write(given: Arguments) -> Markup:
        shown = [value for key, value in given.items() if key not in ("dim", "keepdims")]
        return applied(upright(text), shown, given.get("dim"))

    return write


def between(opening: str, closing: str) -> Notation:
    """The first argument between fences: ``|x|``."""
    return lambda given: fenced(opening, first(given).text, closing)


def over(symbol: str) -> Notation:
    """A large operator with the dimension as its limit, as a sum has."""

    def write(given: Arguments) -> Markup:
        dim = given.get("dim")
        head = f"<munder>{sign(symbol)}{row(dim.text)}</munder>" if dim else sign(symbol)
        return Markup(row(head, parenthesised(first(given), PRODUCT)), PRODUCT)

    return write


def under(text: str) -> Notation:
    """An upright name with the dimension underneath, as ``max`` has."""

    def write(given: Arguments) -> Markup:
        dim = given.get("dim")
        head = f"<munder>{upright(text)}{row(dim.text)}</munder>" if dim else upright(text)
        return Markup(row(head, sign("\u2061"), fenced("(", first(given).text, ")").text))

    return write


def first(given: Arguments) -> Markup:
    """The first argument."""
    return next(iter(given.values()))

"""Pieces of MathML with their binding strength: what a function needs to say how it is written.

A ``Markup`` is safe by construction: text enters only through ``name``, ``number``, ``sign``, ``words`` and
``upright``, which escape it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape

# How strongly a piece binds, weakest first. LARGE is a large operator such as a sum over an axis.
CHOICE, EITHER, BOTH, NOT, COMPARISON, SUM, LARGE, NEGATION, PRODUCT, FRACTION, POWER, ATOM = range(12)


@dataclass(frozen=True)
class Markup:
    """MathML text and how strongly it binds. ``cases`` are the rows of a choice, so that another can take them in."""

    text: str
    binds: int = ATOM
    cases: str = ""


Arguments = Mapping[str, Markup]
Notation = Callable[[Arguments], Markup]

GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "eps": "ε", "zeta": "ζ", "eta": "η",
    "theta": "θ", "kappa": "κ", "lambda": "λ", "lambd": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "rho": "ρ", "sigma": "σ",
    "tau": "τ", "phi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω",
}  # fmt: skip


def name(text: str) -> Markup:
    """A variable: Greek where the name is a Greek letter, ``a_b`` as a subscript, ``d_x`` as a differential."""
    head, *tail = [part for part in text.split("_") if part] or [text]
    if head == "d" and tail:
        return Markup(row("<mi>d</mi>", _joined(tail)))
    return subscript(_plain(head), Markup(_joined(tail))) if tail else _plain(head)


def _joined(parts: list[str]) -> str:
    return listed([_plain(part) for part in parts])


def _plain(text: str) -> Markup:
    """A name without underscores; digits at its end become a subscript."""
    letters = text.rstrip("0123456789")
    if letters and letters != text:
        return subscript(_plain(letters), number(text[len(letters) :]))
    return Markup(f"<mi>{escape(GREEK.get(text, text))}</mi>") if letters else number(text)


def number(text: str) -> Markup:
    """A number as written; ``1e-05`` becomes a power of ten."""
    mantissa, _, exponent = text.partition("e")
    if not exponent.lstrip("+-").isdecimal():
        return Markup(f"<mn>{escape(text)}</mn>")
    power = f"<msup><mn>10</mn><mn>{escape(str(int(exponent)).replace('-', '−'))}</mn></msup>"
    if mantissa == "1":
        return Markup(power, POWER)
    return Markup(f"<mrow><mn>{escape(mantissa)}</mn><mo>×</mo>{power}</mrow>", PRODUCT)


def sign(text: str) -> str:
    """An operator or fence."""
    return f"<mo>{escape(text)}</mo>"


def words(text: str) -> str:
    """Upright words; blanks at the ends are kept."""
    return f"<mtext>{escape(text).replace(' ', chr(0xA0))}</mtext>"


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
    return Markup(f"<mfrac>{row(above.text)}{row(below.text)}</mfrac>", FRACTION)


def root(inner: Markup) -> Markup:
    """A square root."""
    return Markup(f"<msqrt>{inner.text}</msqrt>")


def minus(operand: Markup) -> Markup:
    """The negative."""
    return Markup(row(sign("−"), parenthesised(operand, PRODUCT)), NEGATION)


def negated(operand: Markup) -> Markup:
    """Logical not."""
    return Markup(row(sign("¬"), parenthesised(operand, FRACTION)), NOT)


def connected(parts: list[Markup], connective: str, level: int) -> Markup:
    """Conditions joined by a word or sign that binds as ``level``."""
    return Markup(row(words(f" {connective} ").join(parenthesised(part, level + 1) for part in parts)), level)


def added(a: Markup, operator: str, b: Markup) -> Markup:
    """A sum or difference."""
    right = b.text if b.binds == LARGE else parenthesised(b, PRODUCT)
    return Markup(row(parenthesised(a, SUM), sign(operator), right), SUM)


def multiplied(a: Markup, b: Markup, operator: str = "") -> Markup:
    """A product: a dot between names, nothing after a number or before a parenthesis. A leading minus stays outside."""
    right = b.text if b.binds == LARGE else parenthesised(b, FRACTION)
    silent = (a.text.startswith("<mn>") and not b.text.startswith("<mn>")) or b.binds == LARGE or right != b.text
    times = words(operator) if operator else sign("\u2062" if silent else "⋅")
    binds = NEGATION if a.binds == NEGATION else LARGE if b.binds == LARGE else PRODUCT
    return Markup(row(parenthesised(a, NEGATION), times, right), binds)


def juxtaposed(a: Markup, b: Markup) -> Markup:
    """A matrix product: the factors side by side."""
    space = '<mspace width="0.17em"></mspace>'
    return Markup(row(parenthesised(a, NEGATION), space, parenthesised(b, FRACTION)), PRODUCT)


def choice(condition: Markup, yes: Markup, no: Markup) -> Markup:
    """Cases after a brace; a choice in the last case adds its own. Cases that read the same are none."""
    if yes.text == no.text:
        return yes
    this = f"<mtr><mtd>{yes.text}</mtd><mtd>{words('if ')}{condition.text}</mtd></mtr>"
    rest = no.cases or f"<mtr><mtd>{no.text}</mtd><mtd>{words('otherwise')}</mtd></mtr>"
    table = f'<mtable columnalign="left left">{this}{rest}</mtable>'
    return Markup(row(sign("{"), table), CHOICE, this + rest)


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
        return Markup(row(head, parenthesised(first(given), PRODUCT)), LARGE)

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

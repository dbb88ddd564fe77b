"""What is let through as markup: presentation MathML from an allow-list, and plain https links."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from markupsafe import Markup, escape

from gradsuite.reporters import words

_NAMESPACE = "{http://www.w3.org/1998/Math/MathML}"
_TAGS = frozenset(
    [
        "math",
        "mrow",
        "mi",
        "mn",
        "mo",
        "ms",
        "mtext",
        "mspace",
        "mfrac",
        "msqrt",
        "mroot",
        "msub",
        "msup",
        "msubsup",
        "munder",
        "mover",
        "munderover",
        "mmultiscripts",
        "mprescripts",
        "mtable",
        "mtr",
        "mtd",
        "mpadded",
        "mphantom",
        "mstyle",
        "merror",
        "semantics",
        "none",
    ]
)
_ATTRIBUTES = frozenset(
    [
        "display",
        "displaystyle",
        "scriptlevel",
        "mathvariant",
        "stretchy",
        "fence",
        "separator",
        "form",
        "largeop",
        "movablelimits",
        "accent",
        "accentunder",
        "linethickness",
        "width",
        "height",
        "depth",
        "lspace",
        "rspace",
        "minsize",
        "maxsize",
        "symmetric",
        "columnalign",
        "rowspan",
        "columnspan",
        "dir",
    ]
)
_LARGEST = 60_000  # characters
_LINK = re.compile(r"https://[\w.-]+(?:/[\w./%#?&=+~:@-]*[\w/])?")


def safe(mathml: str) -> Markup | None:
    """``mathml`` made anew from its allow-listed elements; None if it is anything but MathML.

    Recorded lines may come from another machine: they are not trusted to hold markup.
    """
    if not mathml or len(mathml) > _LARGEST or "<!" in mathml or "<?" in mathml:
        return None
    try:
        return _element(ET.fromstring(mathml), depth=0)
    except (ET.ParseError, _Refused):
        return None


class _Refused(Exception):
    """An element outside the allow-list."""


def _element(element: ET.Element, depth: int) -> Markup:
    tag = element.tag.removeprefix(_NAMESPACE)
    if tag not in _TAGS or depth > 200 or (depth == 0) != (tag == "math"):
        raise _Refused(tag)
    attributes = Markup("").join(
        Markup(' {}="{}"').format(Markup(name), value) for name, value in element.items() if name in _ATTRIBUTES
    )
    inner = escape(words.clean(element.text or "")) + Markup("").join(
        _element(child, depth + 1) + escape(words.clean(child.tail or "")) for child in element
    )
    return Markup("<{0}{1}>{2}</{0}>").format(Markup(tag), attributes, inner)


def linked(text: str) -> Markup:
    """``text`` escaped, with its https addresses as links."""
    text, parts, end = words.clean(text), [], 0
    for match in _LINK.finditer(text):
        parts += [escape(text[end : match.start()]), _link(match[0])]
        end = match.end()
    return Markup("").join([*parts, escape(text[end:])])


def _link(address: str) -> Markup:
    return Markup('<a href="{0}" rel="noreferrer noopener">{0}</a>').format(address)

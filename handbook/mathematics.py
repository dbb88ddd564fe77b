"""Mathematics between dollars as MathML, which browsers draw themselves: no script, no font, no network."""

from __future__ import annotations

import re
from html import unescape

from latex2mathml.converter import convert

# As pymdownx.arithmatex leaves it: <span class="arithmatex">\(x\)</span>, <div class="arithmatex">\[x\]</div>.
_LEFT = re.compile(r'<(span|div) class="arithmatex">\s*\\[(\[](.*?)\\[)\]]\s*</\1>', re.DOTALL)


def drawn(html: str) -> str:
    """``html`` with the mathematics that arithmatex marked as ``<math>`` elements."""
    return _LEFT.sub(lambda found: _math(found[1], unescape(found[2])), html)


def _math(element: str, latex: str) -> str:
    if element == "span":
        return convert(latex.strip())
    return f'<div class="mathematics">{convert(latex.strip(), display="block")}</div>'

"""What holds for every page beside the report: self-contained, without script, escaped."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from html.parser import HTMLParser


class Sheet(HTMLParser):
    """Every element's tag and attributes, and the text outside the style sheet."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.source = source
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._style = False
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._style = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self._style = False

    def handle_data(self, data: str) -> None:
        self.text += "" if self._style else data


def assert_harmless(source: str) -> Sheet:
    """No script, nothing loaded, no attribute that acts, each link leads to a place in the page."""
    sheet = Sheet(source)
    ids = Counter(attributes["id"] for _, attributes in sheet.elements if "id" in attributes)
    assert max(ids.values()) == 1
    for tag, attributes in sheet.elements:
        assert tag not in ("script", "link", "img", "iframe", "object", "embed", "form")
        assert not {name for name in attributes if name.startswith("on") or name in ("style", "src", "srcset")}
        assert attributes.get("href", "#main") in {f"#{each}" for each in ids}
    assert_policy(sheet)
    return sheet


def assert_policy(sheet: Sheet) -> None:
    """The style sheet by its hash, and nothing else at all."""
    policy = next(a["content"] for _, a in sheet.elements if a.get("http-equiv") == "Content-Security-Policy")
    (style,) = re.findall("<style>(.*?)</style>", sheet.source, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def assert_named(sheet: Sheet) -> None:
    """What is seen is said, too: column heads have their scope, drawings and signs their names."""
    assert all(a.get("scope") for tag, a in sheet.elements if tag == "th")
    assert all(a.get("aria-label") or a.get("aria-hidden") for tag, a in sheet.elements if tag in ("svg", "i"))

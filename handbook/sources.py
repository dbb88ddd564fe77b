"""Links from a page to a file of the repository: on the site they lead to a page that shows the file.

A fragment names what stands there: ``../tests/test_api.py#test_x`` leads to the line of ``def test_x``, and
``../specs/activation/softmax.grad.yaml#derivative`` to that of the key.
"""

from __future__ import annotations

import re
from posixpath import dirname, join, normpath, relpath

from handbook import ROOT

_LINK = re.compile(r"\]\((\.\./[^)#\s]+)(?:#([\w-]+))?\)")
_LEXERS = {"py": "python", "yaml": "yaml", "yml": "yaml", "md": "markdown", "toml": "toml", "ini": "ini"}


def linked(markdown: str, page_uri: str) -> set[str]:
    """The files outside ``docs/`` that the page links to, as paths from the repository's root."""
    return {path for found in _LINK.finditer(markdown) if (path := _outside(found[1], page_uri))}


def relinked(markdown: str, page_uri: str) -> str:
    """The page with those links turned to the pages of the files."""

    def turn(found: re.Match[str]) -> str:
        path = _outside(found[1], page_uri)
        if path is None:
            return found[0]
        anchor = f"#__span-0-{line(path, found[2])}" if found[2] else ""
        return f"]({relpath(uri(path), dirname(page_uri) or '.')}{anchor})"

    return _LINK.sub(turn, markdown)


def _outside(target: str, page_uri: str) -> str | None:
    """``target`` from the repository's root, where it leads out of ``docs/`` to a file; else None."""
    path = normpath(join("docs", dirname(page_uri), target))
    return path if not path.startswith("docs/") and (ROOT / path).is_file() else None


def line(path: str, name: str) -> int:
    """The number of the line on which ``name`` is defined: a function, a class, a key of YAML.

    Raises:
        ValueError: it is not.
    """
    defined = re.compile(rf"\s*(?:- |def |class )?{re.escape(name)}\b\s*[(:=]")
    for number, text in enumerate((ROOT / path).read_text(encoding="utf-8").splitlines(), start=1):
        if defined.match(text):
            return number
    raise ValueError(f"{path} defines no {name!r}")


def lines(html: str) -> list[str]:
    """The addresses of the lines of code in a page, as pymdownx.highlight makes them."""
    return re.findall(r'id="(__span-[\d-]+)"', html)


def uri(path: str) -> str:
    """Where the site shows the file at ``path``."""
    return f"source/{path}.md"


def page(path: str) -> str:
    """The page that shows the file; the search leaves it out."""
    text = (ROOT / path).read_text(encoding="utf-8")
    fence = "`" * (1 + max(map(len, re.findall("`{2,}", text)), default=2))
    language = _LEXERS.get(path.rpartition(".")[2], "text")
    head = "---\nsearch:\n  exclude: true\nhide: [navigation, toc]\n---\n"
    return f"{head}\n# {path}\n\n{fence}{language}\n{text.rstrip()}\n{fence}\n"

"""Links of the documents lead to files that there are and to what they define; the article has one a statement."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from handbook import sources
from tests.docs.blocks import PAGES, ROOT, blocks, name

ARTICLE = ROOT / "docs" / "explanation" / "backwards.md"
_LINK = re.compile(r"\]\((?!\w+:)([^)#\s]*)(?:#([\w-]+))?\)")
_HELD = re.compile(r"\]\((?:(?:\.\./)+(?:specs|tests|examples|gradsuite)/|\.\./(?:finds|tutorial)\.md)")


def prose(page: Path) -> str:
    """The page with its blocks of code blanked, which may hold what looks like a link."""
    text = page.read_text(encoding="utf-8")
    for block in blocks(text):
        text = text.replace(block.text, "")
    return text


def links(page: Path) -> list[tuple[Path, str]]:
    """The files that the page links to, with what is meant in them."""
    found = [(page.parent / path if path else page, fragment or "") for path, fragment in _LINK.findall(prose(page))]
    return [(path.resolve(), fragment) for path, fragment in found]


def missing(path: Path, fragment: str) -> str:
    """What is wrong with a link, if anything: no such file, or nothing of that name in it."""
    if (ROOT / "docs") in path.parents and "reference" in path.parts:
        return ""  # made with the site, whose build checks it
    if not path.exists():
        return f"there is no {path}"
    if not fragment or path.suffix == ".md":  # a heading: the site's build checks those
        return ""
    try:
        sources.line(name(path), fragment)
    except ValueError as fault:
        return str(fault)
    return ""


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_leads_to_a_file_and_to_what_is_defined_in_it(page: Path) -> None:
    assert not [fault for path, fragment in links(page) if (fault := missing(path, fragment))]


def test_a_link_to_a_test_names_one_that_pytest_collects() -> None:
    named = {(path, fragment) for path, fragment in links(ARTICLE) if path.name.startswith("test_")}
    assert len(named) > 30
    for path, fragment in named:
        assert re.search(rf"^def {fragment}\(", path.read_text(encoding="utf-8"), re.MULTILINE), f"{path}: {fragment}"
        assert fragment.startswith("test_")


def test_every_test_of_the_article_is_linked_from_it() -> None:
    tests = ROOT / "tests" / "docs" / "test_backwards.py"
    defined = set(re.findall(r"^def (test_\w+)\(", tests.read_text(encoding="utf-8"), re.MULTILINE))
    assert defined == {fragment for path, fragment in links(ARTICLE) if path == tests}


def unheld(markdown: str) -> list[str]:
    """Paragraphs, items and rows without a link to what holds them, that no block follows which runs or is quoted."""
    parts = re.split(r"\n(?:\s*\n)+|\n(?=[*|] ?)", markdown.strip())
    found = []
    for part, after in zip(parts, [*parts[1:], ""], strict=True):
        told = not re.match(r"#|```|\||\$\$|Nobody writes", part) or (part.startswith("| ") and "it said" not in part)
        shown = bool(re.match(r"```(python|declared)", after))
        if told and not shown and not _HELD.search(part) and "[above](#" not in part:
            found.append(part)
    return found


def test_every_paragraph_of_the_article_is_held() -> None:
    _, _, body = ARTICLE.read_text(encoding="utf-8").partition("\n## ")
    for block in blocks(body):
        body = body.replace(block.text, "\n")
    assert unheld("## " + body) == []


def test_the_tester_notices_what_nothing_holds_and_links_that_lead_nowhere() -> None:
    held = "It is [so](../../tests/test_api.py#test_x)."
    assert unheld(f"## A title\n\n{held}\n\nIt is so.\n\nCode shows:\n\n```python\n```") == ["It is so."]
    assert unheld("| a | b |\n|---|---|\n| c | d |\n| e | [above](#a-title) |") == ["| a | b |", "| c | d |"]
    assert "no such" in missing(ROOT / "specs" / "no such", "")
    assert "defines no" in missing(ROOT / "specs" / "activation" / "softmax.grad.yaml", "no_such")

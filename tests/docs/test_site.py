"""The site builds without a warning, and neither building nor reading it asks the network for anything."""

from __future__ import annotations

import os
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config

from gradsuite.spec import load
from handbook import declared, sources
from tests.browser import needs_browser
from tests.docs.blocks import PAGES, ROOT, blocks, name

QUOTING = [page for page in PAGES if any(block.spec for block in blocks(page.read_text(encoding="utf-8")))]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site; a warning raises."""
    os.environ["NO_MKDOCS_2_WARNING"] = "1"
    folder = tmp_path_factory.mktemp("site")
    config = load_config(str(ROOT / "mkdocs.yml"), site_dir=str(folder), strict=True)
    config.plugins.on_startup(command="build", dirty=False)
    build(config)
    return folder


class Asked(HTMLParser):
    """What a page makes a browser fetch."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.addresses += [given[key] or "" for key in ("src", "srcset", "poster") if key in given]
        self.addresses += [given["href"] or ""] if tag == "link" else []


def _pages(site: Path) -> dict[str, str]:
    return {str(path.relative_to(site)): path.read_text(encoding="utf-8") for path in site.rglob("*.html")}


def test_every_document_is_a_page(site: Path) -> None:
    documents = {page.relative_to(ROOT / "docs").with_suffix(".html") for page in (ROOT / "docs").rglob("*.md")}
    assert all((site / page).exists() for page in documents)
    assert (site / "reference" / "checks.html").exists()


def test_no_page_fetches_anything_from_elsewhere(site: Path) -> None:
    for path, text in _pages(site).items():
        strange = [a for a in Asked(text).addresses if re.match(r"(?:\w+:)?//", a)]
        assert not strange, f"{path}: {strange}"
        assert "default-src 'self'" in text, f"{path} does not forbid it"


def test_no_style_sheet_does(site: Path) -> None:
    for path in site.rglob("*.css"):
        assert not re.search(r"(?:@import|url\()\s*['\"]?(?:https?:)?//", path.read_text(encoding="utf-8")), path


def test_mathematics_is_drawn_by_the_browser_itself(site: Path) -> None:
    page = (site / "explanation" / "verdict.html").read_text(encoding="utf-8")
    assert page.count("<math") > 10
    assert "arithmatex" not in page


@pytest.mark.parametrize("page", QUOTING, ids=name)
def test_a_quoted_formula_is_declared(page: Path) -> None:
    for block in blocks(page.read_text(encoding="utf-8")):
        if block.spec:
            assert declared.quoted(block.spec, block.text), f"{name(page)}:{block.line}"


def test_a_formula_that_is_not_declared_is_refused() -> None:
    with pytest.raises(ValueError, match="declares no"):
        declared.quoted("specs/activation/softmax.grad.yaml", "y = sigmoid(x)\n")


def test_a_link_means_the_line_that_it_names() -> None:
    path = "specs/activation/softmax.grad.yaml"
    text = (ROOT / path).read_text(encoding="utf-8").splitlines()
    assert text[sources.line(path, "derivative") - 1] == "derivative:"
    assert load(ROOT / path).name == "softmax"
    with pytest.raises(ValueError, match="defines no"):
        sources.line(path, "no_such")


@needs_browser
def test_a_reader_without_a_network_finds_and_follows(site: Path, browser: Any) -> None:
    """Opened from the folder: the search works, a link to a spec leads to its line, nobody else is asked."""
    asked: list[str] = []
    complaints: list[str] = []
    window = browser.new_page()
    window.on("request", lambda request: asked.append(request.url))
    window.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    window.goto((site / "index.html").as_uri())
    window.locator("[data-md-component=search-query]").press_sequentially("cotangent_linearity")
    window.wait_for_selector(".md-search-result__link")
    window.goto((site / "explanation" / "backwards.html").as_uri())
    window.click("text=holds that, too")
    window.wait_for_url("**/softmax.grad.yaml.html#__span-0-*")
    assert "gradient_sums_to_zero" in window.inner_text(":target")
    assert not [address for address in asked if not address.startswith(("file:", "data:", "blob:"))]
    assert not complaints

"""Chromium reads the catalogue as a student would: searching, with the keyboard, narrow, dark, without script."""

from __future__ import annotations

import posixpath
from typing import Any

import pytest

from tests.browser import needs_browser
from tests.catalogue.conftest import Pages

pytestmark = needs_browser

ROOT = "http://example.org/some/prefix/"
SOME = ("index.html", "activation/softmax.html", "loss/cross_entropy.html", "convolution/conv2d.html", "language.html")


class Visit:
    """A page of the site as served below an address prefix, with whatever it asked for and complained of."""

    def __init__(self, browser: Any, pages: Pages, address: str, *, width: int = 1280, **options: Any) -> None:
        self.page = browser.new_page(viewport={"width": width, "height": 900}, **options)
        self.page.set_default_timeout(10_000)
        self.strange: list[str] = []
        self.pages = pages
        self.page.route("**/*", self._serve)
        for event in ("console", "pageerror", "dialog"):
            self.page.on(event, lambda what: self.strange.append(str(what)))
        self.page.goto(ROOT + address)

    def _serve(self, route: Any) -> None:
        address = route.request.url.removeprefix(ROOT).partition("#")[0]
        if address in self.pages:
            route.fulfill(body=self.pages[address], content_type="text/html; charset=utf-8")
        else:
            self.strange.append(address)
            route.abort()

    def shown(self) -> list[str]:
        """The ops of the index that can be seen."""
        return [posixpath.basename(link) for link in self.page.eval_on_selector_all(
            ".ops li:not([hidden]) > a", "links => links.map((link) => link.getAttribute('href'))")]  # fmt: skip


def test_the_search_finds_by_name_and_by_meaning_and_stays_in_the_address(browser: Any, full: Pages) -> None:
    visit = Visit(browser, full, "index.html")
    box = visit.page.get_by_label("Search ops")
    box.fill("logarithm soft")
    assert visit.shown() == ["log_softmax.html", "LogSoftmax.html"]
    assert visit.page.get_by_text("2 of 44").is_visible()
    visit.page.wait_for_url(ROOT + "index.html#q=logarithm%20soft")
    assert visit.page.locator("h2:visible").all_text_contents() == ["activation", "nn"]
    visit.page.reload()
    visit.page.get_by_text("2 of 44").wait_for()
    assert box.input_value() == "logarithm soft"
    box.fill("rectifier")
    assert "relu.html" in visit.shown()
    box.fill("nothing of the kind")
    assert visit.page.get_by_text("No op is described so.").is_visible()
    box.press("Escape")
    assert len(visit.shown()) == 44
    assert not visit.strange


def test_the_keyboard_is_enough(browser: Any, full: Pages) -> None:
    visit = Visit(browser, full, "shape/cat.html")
    visit.page.keyboard.press("/")
    box = visit.page.get_by_label("Search ops")
    box.wait_for()
    visit.page.wait_for_function("document.activeElement.matches('[type=search]')")
    visit.page.keyboard.type("soft")
    visit.page.keyboard.press("ArrowDown")
    visit.page.keyboard.press("ArrowDown")
    visit.page.keyboard.press("ArrowUp")
    assert visit.page.evaluate("document.activeElement.textContent") == "gumbel_softmax"
    visit.page.keyboard.press("ArrowUp")
    visit.page.keyboard.type("max")
    visit.page.keyboard.press("Enter")  # of all that are shown, the one that is called so
    visit.page.wait_for_url(ROOT + "activation/softmax.html")
    assert not visit.strange


def test_a_reader_goes_from_page_to_page(browser: Any, full: Pages) -> None:
    page = Visit(browser, full, "index.html").page
    page.get_by_role("link", name="cross_entropy", exact=True).click()
    page.get_by_role("link", name="torch.nn.functional.nll_loss").first.click()
    page.wait_for_url(ROOT + "loss/nll_loss.html")
    page.get_by_role("link", name="Ops", exact=True).click()
    page.wait_for_url(ROOT + "index.html")


def test_without_script_everything_is_there(browser: Any, full: Pages) -> None:
    visit = Visit(browser, full, "index.html", java_script_enabled=False)
    assert visit.page.locator(".ops li a:visible").count() == 44
    assert visit.page.locator("input").count() == 0
    visit.page.goto(ROOT + "loss/cross_entropy.html")
    visit.page.get_by_text("Probabilities batch").click()
    assert (
        visit.page.locator("details.variant", has_text="Probabilities batch").get_by_text("What it takes").is_visible()
    )
    assert not visit.strange


def test_equations_are_set_large(browser: Any, full: Pages) -> None:
    page = Visit(browser, full, "activation/softmax.html").page
    fraction = page.locator(".large mfrac").first.bounding_box()
    assert fraction
    assert fraction["height"] > 40


@pytest.mark.parametrize("width", [380, 1280])
def test_no_page_scrolls_sideways(browser: Any, full: Pages, width: int) -> None:
    visit = Visit(browser, full, SOME[0], width=width)
    for address in SOME:
        visit.page.goto(ROOT + address)
        visit.page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= width, address


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_barrier_stands_in_a_reader_s_way(browser: Any, full: Pages, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    visit = Visit(browser, full, SOME[0], color_scheme=scheme)
    for address in SOME[:2]:
        visit.page.goto(ROOT + address)
        found = Axe().run(visit.page, options={"resultTypes": ["violations"]})
        assert found.violations_count == 0, found.generate_report()
        shade = visit.page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
        assert (max(shade) < 60) == (scheme == "dark")


def test_hostile_text_does_nothing(browser: Any, hostile: Pages) -> None:
    visit = Visit(browser, hostile, "index.html")
    for address in hostile:
        visit.page.goto(ROOT + address)
        visit.page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        assert visit.page.evaluate("typeof window.owned") == "undefined"
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= 1280
    assert not visit.strange


def test_it_works_from_a_folder(browser: Any, full: Pages, tmp_path: Any) -> None:
    from gradsuite import catalogue

    page = browser.new_page()
    page.goto(catalogue.write(full, tmp_path).as_uri())
    page.get_by_label("Search ops").fill("softplus")
    page.keyboard.press("Enter")
    page.wait_for_url("**/activation/softplus.html")
    page.keyboard.press("/")
    page.wait_for_url("**/index.html#q=")

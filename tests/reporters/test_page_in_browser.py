"""Chromium reads the page as a person would: with script and without, light and dark, wide and narrow."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gradsuite.reporters import write_all
from tests.reporters import recorded

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
REQUIRED = os.environ.get("GRADSUITE_REQUIRE_BROWSER") == "1"
pytestmark = pytest.mark.skipif(CHROMIUM is None and not REQUIRED, reason="no Chromium is installed")

# The contrast of each element that holds text of its own with the background behind it.
CONTRAST = """() => {
  const rgba = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const linear = (v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgba(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
  };
  const poor = new Set();
  for (const element of document.querySelectorAll("body *:not(script):not(svg):not(svg *)")) {
    if (![...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim())) continue;
    const [a, b] = [light(rgba(getComputedStyle(element).color)), light(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) poor.add(`${element.tagName}.${element.className}: ${ratio.toFixed(2)}`);
  }
  return [...poor];
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("report")
    return write_all(recorded.lines(), folder)[0].as_uri()


class Visit:
    """An open page, with whatever it asked for and complained of."""

    def __init__(self, browser: Any, address: str, *, width: int = 1280, **options: Any) -> None:
        self.page = browser.new_page(viewport={"width": width, "height": 900}, **options)
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        self.page.goto(address)

    def quiet(self, address: str) -> bool:
        return self.requests == [address] and not self.complaints


def test_a_failure_is_one_click_from_the_matrix(browser: Any, address: str) -> None:
    visit = Visit(browser, address)
    page = visit.page
    story = page.locator("details.story", has_text="adjoint").first
    assert story.get_attribute("open") is None
    page.locator(".matrix a.failed[href*=adjoint]").click()
    page.locator("details.story[open]", has_text="adjoint").wait_for()  # the page hears of the link a moment later
    assert story.get_by_text("Reproduce it with torch alone").is_visible()
    assert visit.quiet(address)


def test_filters_and_copy_buttons_help(browser: Any, address: str) -> None:
    page = Visit(browser, address).page
    page.get_by_label("Filter ops by name").fill("softm")
    assert page.locator(".matrix tbody tr:visible").count() == 2  # its family and itself
    page.get_by_label("Filter ops by name").fill("")
    page.get_by_label("only what did not pass").check()
    assert not page.locator(".matrix th a", has_text="linear").is_visible()
    assert page.locator("button.copier").first.text_content() == "copy"


def test_without_script_everything_can_be_read(browser: Any, address: str) -> None:
    visit = Visit(browser, address, java_script_enabled=False)
    page = visit.page
    assert page.locator("h1").text_content() == "5 of 754 cases failed"
    assert page.locator(".sentence", has_text="reverse mode and the differences agree").first.is_visible()
    assert page.locator("button, input").count() == 0
    closed = page.locator("details.op", has_text="tanh").first
    closed.locator("summary").first.click()
    assert closed.get_by_text("wider than the gradient").is_visible()
    assert visit.quiet(address)


def test_formulas_are_set_as_mathematics(browser: Any, address: str) -> None:
    page = Visit(browser, address).page
    fraction = page.locator("details.op.failed mfrac").first.bounding_box()
    assert fraction
    assert fraction["height"] > 20


@pytest.mark.parametrize("width", [420, 800, 1280, 1700])
def test_the_page_never_scrolls_sideways(browser: Any, address: str, width: int) -> None:
    page = Visit(browser, address, width=width).page
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_headers_stay_in_sight(browser: Any, address: str) -> None:
    page = Visit(browser, address).page
    page.locator(".matrix tbody tr").last.evaluate("row => row.scrollIntoView({block: 'start'})")
    page.evaluate("window.scrollBy(0, -200)")
    box = page.locator(".matrix thead th").nth(1).bounding_box()
    assert box
    assert 0 <= box["y"] < 100


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_in_light_and_dark(browser: Any, address: str, scheme: str) -> None:
    page = Visit(browser, address, color_scheme=scheme).page
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert page.evaluate(CONTRAST) == []


def test_light_and_dark_differ(browser: Any, address: str, tmp_path: Path) -> None:
    shots = {}
    for scheme in ("light", "dark"):
        page = Visit(browser, address, color_scheme=scheme).page
        shots[scheme] = page.screenshot(path=tmp_path / f"{scheme}.png")
        shade = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
        assert (max(shade) < 60) == (scheme == "dark")
    assert shots["light"] != shots["dark"]


def test_hostile_text_does_nothing(browser: Any, tmp_path: Path) -> None:
    address = write_all(recorded.hostile(), tmp_path)[0].as_uri()
    visit = Visit(browser, address)
    visit.page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert visit.page.evaluate("typeof window.owned") == "undefined"
    assert visit.page.get_by_text("<script>window.owned=1</script>").first.is_visible()
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= 1280
    assert visit.quiet(address)

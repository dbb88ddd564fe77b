"""Chromium reads the page as a person would: with script and without, light and dark, wide and narrow, on paper."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gradsuite.reporters import write_all
from tests.browser import needs_browser
from tests.reporters import recorded
from tests.reporters.visit import Visit

pytestmark = needs_browser


def test_a_failure_is_one_click_from_the_matrix(browser: Any, address: str) -> None:
    visit = Visit(browser, address)
    story = visit.page.locator("details.story", has_text="adjoint").first
    assert story.get_attribute("open") is None
    visit.page.locator(".matrix a.failed[href*=adjoint]").click()
    visit.page.locator("details.story[open]", has_text="adjoint").wait_for()  # the page hears of the link later
    assert story.get_by_text("Reproduce it with torch alone").is_visible()
    assert visit.quiet


def test_without_script_everything_can_be_read(browser: Any, address: str) -> None:
    visit = Visit(browser, address, java_script_enabled=False)
    page = visit.page
    assert page.locator("h1").text_content() == "5 of 754 cases failed"
    assert page.locator(".matrix td .failed").count() == 5
    assert page.locator(".sentence", has_text="reverse mode and the differences agree").first.is_visible()
    assert page.locator("button, input").count() == 0
    assert page.get_by_text("Every case stands in the matrix").is_visible()
    closed = page.locator("details.op", has_text="tanh").first
    closed.locator("summary").first.click()
    closed.locator(".reasons li", has=page.locator(".inconclusive")).wait_for()
    assert "wider than the gradient" in closed.locator(".reasons").inner_text()
    assert closed.locator(".histogram").first.is_visible()
    assert visit.quiet


def test_what_is_closed_is_there_when_it_is_opened_and_soon_for_the_browser_s_own_search(
    browser: Any, address: str
) -> None:
    page = Visit(browser, address).page
    page.wait_for_function("() => !document.querySelector('noscript')")
    op = page.locator("details.op", has_text="tanh").first
    assert op.locator(".histogram").count() == 2
    op.locator("summary").first.click()
    assert op.get_by_text("wider than the gradient").is_visible()


def test_an_op_is_whole_as_soon_as_it_is_opened(browser: Any, address: str) -> None:
    """Opened before the page has gone through all of them."""
    page = browser.new_page()
    page.add_init_script("window.setTimeout = () => 0")
    page.goto(address)
    assert page.locator("noscript").count()
    op = page.locator("details.op", has_text="tanh").first
    op.locator("summary").first.click()
    op.get_by_text("wider than the gradient").wait_for()


def test_formulas_are_set_as_mathematics(browser: Any, address: str) -> None:
    page = Visit(browser, address).page
    fraction = page.locator("details.op.failed mfrac").first.bounding_box()
    assert fraction
    assert fraction["height"] > 20


@pytest.mark.parametrize("width", [320, 800, 1280, 1700])
def test_the_page_never_scrolls_sideways(browser: Any, address: str, width: int) -> None:
    visit = Visit(browser, address, width=width)
    visit.open_all()
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= width


def test_headers_stay_in_sight(browser: Any, address: str) -> None:
    page = Visit(browser, address).page
    page.locator(".matrix tbody tr").last.evaluate("row => row.scrollIntoView({block: 'start'})")
    page.evaluate("window.scrollBy(0, -200)")
    box = page.locator(".matrix thead th").nth(1).bounding_box()
    assert box
    assert 0 <= box["y"] < 100


def test_light_and_dark_differ(browser: Any, address: str) -> None:
    for scheme in ("light", "dark"):
        page = Visit(browser, address, color_scheme=scheme).page
        shade = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
        assert (max(shade) < 60) == (scheme == "dark")


def test_on_paper_everything_is_open_and_nothing_is_cut_off(browser: Any, address: str) -> None:
    page = Visit(browser, address, color_scheme="dark").page
    page.emulate_media(media="print")
    assert page.locator("details.op:not([open])").count()  # nobody opened it
    assert page.get_by_text("wider than the gradient").first.is_visible()
    assert page.get_by_text("https://github.com/pytorch/pytorch/issues/1").last.is_visible()
    cut = "e => e.scrollHeight > e.clientHeight + 1 && getComputedStyle(e).overflowY !== 'visible'"
    assert not page.locator(".scroll, .wide, pre").evaluate_all(f"all => all.filter({cut}).map(e => e.className)")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.locator("nav").is_visible()


def test_paper_shows_every_case_of_the_list(browser: Any, address: str) -> None:
    page = Visit(browser, address).page
    assert page.locator(".list tbody tr").count() == 100
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator(".list tbody tr").count() == 754


def test_hostile_text_does_nothing(browser: Any, tmp_path: Path) -> None:
    write_all(recorded.hostile(), tmp_path)
    visit = Visit(browser, (tmp_path / "index.html").as_uri())
    visit.open_all()
    page = visit.page
    page.locator(".matrix i:not(:empty)").first.hover()
    page.locator(".list .sorter").first.click()
    page.locator("#query").fill(recorded.PAYLOAD)
    assert page.evaluate("typeof window.owned") == "undefined"
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    page.keyboard.press("Escape")
    assert page.get_by_text("<script>window.owned=1</script>").first.is_visible()
    assert visit.quiet


def test_a_hostile_query_in_the_address_does_nothing(browser: Any, address: str) -> None:
    query = '?q=%3Cimg%20src=x%20onerror=%22window.owned=1%22%3E%20op:%3Cscript%3E&q=%E0%A4%A#%E0%A4%A"><script>'
    visit = Visit(browser, address + query)
    visit.page.locator("#found", has_text="None of 754 cases matches").wait_for()
    assert visit.page.evaluate("typeof window.owned") == "undefined"
    assert not visit.complaints

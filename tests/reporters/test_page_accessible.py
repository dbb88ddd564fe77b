"""axe-core finds no barrier in the page: light and dark, wide and narrow, everything open, under a query."""

from __future__ import annotations

from typing import Any

from tests.browser import needs_browser
from tests.reporters.visit import Visit

pytestmark = needs_browser


def barriers(page: Any, within: str = "html") -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, context=within).response["violations"]
    return [f"{each['id']}: {node['html'][:200]}" for each in found for node in each["nodes"]]


def test_in_light_with_everything_open_and_with_the_keys_shown(browser: Any, small_address: str) -> None:
    visit = Visit(browser, small_address, color_scheme="light")
    visit.open_all()
    assert barriers(visit.page) == []
    visit.page.keyboard.press("?")
    visit.page.get_by_role("dialog").wait_for()
    assert barriers(visit.page, "#keys") == []


def test_in_dark_narrow_and_open_under_a_query_that_is_not_understood(browser: Any, small_address: str) -> None:
    visit = Visit(browser, f"{small_address}?q=s:failed,waived+dtype:", width=400, color_scheme="dark")
    visit.open_all()
    visit.page.locator("#found", has_text="dtype: may be").wait_for()
    assert barriers(visit.page) == []

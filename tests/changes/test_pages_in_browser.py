"""Chromium reads the pages of comparison and history: without script, light and dark, wide and narrow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gradsuite.changes import compare, page
from gradsuite.reporters.merge import merge
from tests.browser import OPEN_ALL, needs_browser
from tests.changes import two_runs
from tests.history import twenty_weeks
from tests.reporters import recorded

pytestmark = needs_browser
PAGES = ("changes", "history", "hostile changes", "hostile history")


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("sheets")
    hostile = recorded.hostile()
    broken = [line.model_copy(update=two_runs.WRONG) if line.kind == "result" else line for line in hostile]
    made = {
        "changes": page.render(compare(*two_runs.merged())),
        "history": twenty_weeks.rendered(folder / "history.sqlite"),
        "hostile changes": page.render(compare(merge(hostile), merge(broken))),
        "hostile history": twenty_weeks.rendered(folder / "hostile.sqlite", hostile),
    }
    return {name: _written(folder / f"{name}.html", source) for name, source in made.items()}


def _written(path: Path, source: str) -> str:
    path.write_text(source, encoding="utf-8")
    return path.as_uri()


class Visit:
    """An open page, with whatever it asked for and complained of."""

    def __init__(self, browser: Any, address: str, *, width: int = 1280, **options: Any) -> None:
        self.address, self.strange = address, list[str]()
        self.page = browser.new_page(viewport={"width": width, "height": 900}, **options)
        self.page.set_default_timeout(10_000)
        self.page.on("request", lambda request: self.strange.append(request.url))
        for event in ("console", "pageerror", "dialog"):
            self.page.on(event, lambda what: self.strange.append(str(what)))
        self.page.goto(address)

    @property
    def quiet(self) -> bool:
        """Whether it asked for itself alone, and nothing was said."""
        return self.strange == [self.address]


def test_a_comparison_is_read_without_script(browser: Any, addresses: dict[str, str]) -> None:
    visit = Visit(browser, addresses["changes"], java_script_enabled=False)
    seen = visit.page
    assert seen.locator("h1").text_content() == "14 regressed, 3 fixed"
    seen.locator("#ops tr", has_text="tanh").get_by_role("link", name="4 regressed").click()
    told = seen.locator("#regressed li", has_text="tanh")
    assert told.get_by_text("the backward is wrong").is_visible()
    box = told.bounding_box()
    assert box
    assert 0 <= box["y"] < 900
    assert seen.locator("#less-accurate svg.bits").bounding_box()["width"] > 100
    seen.get_by_text("the same in both").click()
    assert seen.get_by_text("AVX512").first.is_visible()
    assert visit.quiet


def test_a_history_is_read_without_script(browser: Any, addresses: dict[str, str]) -> None:
    visit = Visit(browser, addresses["history"], java_script_enabled=False)
    row = visit.page.locator("#ops tr", has_text="tanh").first
    assert row.get_by_text("failed since 2026-04-01, torch 2.14.0").is_visible()
    drawing = row.get_by_role("img", name="inconclusive in 12 runs, then failed in 8 runs")
    assert drawing.bounding_box()["width"] == 280
    visit.page.get_by_role("link", name="Runs", exact=True).click()
    assert visit.page.locator("#runs tbody tr").count() == 40
    assert visit.quiet


@pytest.mark.parametrize("name", PAGES)
def test_nothing_acts_and_nothing_scrolls_sideways(browser: Any, addresses: dict[str, str], name: str) -> None:
    visit = Visit(browser, addresses[name])
    visit.page.evaluate(OPEN_ALL)
    assert visit.page.evaluate("typeof window.owned") == "undefined"
    assert ("hostile" in name) == (visit.page.get_by_text("<script>window.owned=1</script>").count() > 0)
    for width in (1280, 420):
        visit.page.set_viewport_size({"width": width, "height": 900})
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
    assert visit.quiet


@pytest.mark.parametrize("name", PAGES[:2])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_barrier_stands_in_the_page(browser: Any, addresses: dict[str, str], name: str, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    seen = Visit(browser, addresses[name], color_scheme=scheme).page
    seen.evaluate(OPEN_ALL)
    found = Axe().run(seen, options={"resultTypes": ["violations"]}).response["violations"]
    assert not [(each["id"], node["html"]) for each in found for node in each["nodes"]]


def test_the_keyboard_leads_to_the_results(browser: Any, addresses: dict[str, str]) -> None:
    seen = Visit(browser, addresses["changes"]).page
    seen.keyboard.press("Tab")
    assert seen.evaluate("document.activeElement.textContent") == "Skip to the results"
    seen.keyboard.press("Enter")
    assert seen.evaluate("document.activeElement.id") == "main"

"""The keyboard, links to a case, copying, and tables in any order."""

from __future__ import annotations

from typing import Any

from tests.browser import needs_browser

pytestmark = needs_browser
FOCUSED = "document.activeElement.closest('details.story')?.id ?? document.activeElement.id"


def failures(page: Any) -> list[str]:
    stories = page.locator("details.story.failed, details.story.error")
    return [str(place) for place in stories.evaluate_all("all => all.map(each => each.id)")]


def focused(page: Any, place: str) -> bool:
    """Waits until ``place`` has the focus."""
    page.wait_for_function(f"place => ({FOCUSED}) === place", arg=place)
    return True


def test_letters_and_arrows_go_between_failures_and_enter_opens(page: Any) -> None:
    first, second, third, *_, last = failures(page)
    page.keyboard.press("j")
    assert focused(page, first)
    page.keyboard.press("j")
    page.keyboard.press("ArrowDown")
    assert focused(page, third)
    assert page.url.endswith(f"#{third}")
    page.keyboard.press("Enter")
    page.locator(f"[id='{third}'][open]").wait_for()
    page.keyboard.press("k")
    assert focused(page, second)
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    assert focused(page, first)
    for _ in failures(page):
        page.keyboard.press("j")
    assert focused(page, last)


def test_the_query_box_is_one_key_away_and_enter_leads_to_its_first_failure(page: Any) -> None:
    page.keyboard.press("/")
    assert focused(page, "query")
    page.keyboard.type("op:logcumsumexp jk")  # letters in the box are letters
    page.locator("#found", has_text="None of").wait_for()
    page.keyboard.press("Escape")
    page.locator("#found", has_text="None of").wait_for(state="hidden")
    assert page.locator("#query").input_value() == ""
    page.keyboard.type("op:logcumsumexp s:failed")
    page.locator("#found", has_text="1 of 754").wait_for()
    page.keyboard.press("Enter")
    place = page.locator("details.story:visible").get_attribute("id")
    assert focused(page, place)
    page.locator(f"[id='{place}'][open]").wait_for()
    page.keyboard.press("Escape")
    page.locator("#found", has_text="1 of 754").wait_for(state="hidden")
    assert page.locator("#query").input_value() == ""


def test_waived_failures_are_gone_through_when_they_alone_are_asked_for(page: Any) -> None:
    page.locator("#query").fill("waived")
    page.locator("#found", has_text="1 waived").wait_for()
    page.locator("#query").blur()
    page.keyboard.press("j")
    assert focused(page, page.locator("details.story.waived").get_attribute("id"))


def test_a_question_mark_shows_the_keys_and_letters_can_be_switched_off(page: Any) -> None:
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    dialog.wait_for()
    dialog.get_by_label("Single letters are keys").uncheck()
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    page.keyboard.press("j")
    assert page.evaluate(FOCUSED) not in failures(page)
    page.get_by_role("button", name="Keys, and words").click()
    dialog.get_by_label("Single letters are keys").check()
    dialog.get_by_role("button", name="Close").click()
    page.keyboard.press("j")
    assert focused(page, failures(page)[0])


def test_a_link_leads_to_a_case_that_passed(page: Any) -> None:
    page.locator("#query").fill("op:tanh check:adjoint dtype:float32 d:cpu")
    page.locator("#found", has_text="1 of 754").wait_for()
    page.locator(".list tbody a").click()
    cell = page.locator("td.here")
    cell.wait_for()
    assert cell.is_visible()
    assert cell.get_attribute("title") == "tanh adjoint, A cpu float32: passed, 40 samples, 21 ms"
    link = page.url
    page.goto("about:blank")
    page.goto(link.replace("tanh+check", "softmax+check"))  # the query hides the case: the link wins
    cell.wait_for()
    assert page.locator("#query").input_value() == ""


def test_a_tile_of_the_matrix_tells_and_leads_to_its_case(page: Any) -> None:
    tiles = page.locator(".matrix tr", has_text="tanh").locator("td").nth(1).locator("div").first.locator("i")
    assert tiles.count() == 2  # four dtypes came out alike, two were not run
    tiles.first.hover()
    assert tiles.count() == 6  # looked at, they come apart
    tile = tiles.nth(1)
    tile.hover()
    assert tile.get_attribute("title") == "tanh reverse, A cpu float32: passed, 40 samples, 21 ms"
    tile.click()
    page.locator("td.here").wait_for()


def test_a_case_s_address_can_be_copied(browser: Any, address: str) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(address)
    story = page.locator("details.story[open]").first
    story.get_by_role("button", name="copy link").click()
    story.get_by_role("button", name="copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == f"{address}#{story.get_attribute('id')}"
    story.locator(".copied").first.get_by_role("button").click()
    page.wait_for_function("async () => (await navigator.clipboard.readText()).startsWith('pytest ')")
    context.close()


def test_the_list_is_sorted_by_any_column(page: Any) -> None:
    def top(column: str) -> list[str]:
        page.locator(".list").get_by_role("button", name=column, exact=True).click()
        return [str(text) for text in page.locator(".list tbody tr").first.locator("th, td").all_text_contents()]

    assert page.locator(".list tbody tr").first.locator("td").nth(3).text_content() == "✕ failed"
    assert top("over natural error")[-1] == "61.2"  # figures: the largest first
    assert top("error in ULP")[-2] == "2.5e15"
    assert top("op")[0] == "argmax"
    assert top("op")[0] == "tanh"
    assert page.locator(".list th[aria-sort=descending]").count() == 1
    page.locator("#more").click()
    page.locator("#more", has_text="154 more of 154").wait_for()
    assert page.locator(".list tbody tr").count() == 600


def test_the_matrix_and_the_precision_are_sorted_by_their_headers(page: Any) -> None:
    page.locator(".matrix").get_by_role("button", name="second_order").click()
    ops = page.locator(".matrix tbody").first.locator("tr:not(.family) th")
    assert ops.first.text_content() == "tanh"  # inconclusive there
    page.locator(".matrix").get_by_role("button", name="op", exact=True).click()
    assert ops.all_text_contents() == ["hardsigmoid", "softmax", "tanh"]
    table = page.locator("details.op[open] .precision").first
    table.get_by_role("button", name="worst error, ULP").click()
    table.locator("th[aria-sort=descending]").wait_for()
    worst = table.locator("tbody td:nth-child(2)").all_text_contents()
    assert [float(text) for text in worst] == sorted(map(float, worst), reverse=True)


def test_a_link_to_a_place_far_down_arrives_there(page: Any) -> None:
    page.locator(".places").get_by_text("Cases").click()
    page.wait_for_function("() => Math.abs(document.querySelector('#cases').getBoundingClientRect().top) < 200")

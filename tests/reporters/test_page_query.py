"""The query box: what it understands, what follows it, and where it is kept."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from tests.browser import needs_browser

pytestmark = needs_browser


def ask(page: Any, query: str, said: str) -> None:
    """Types ``query``, and waits until the page says of it what it should."""
    from playwright.sync_api import expect

    page.locator("#query").fill(query)
    expect(page.locator("#found")).to_have_text(re.compile(re.escape(said)) if said else "", timeout=5000)


def test_each_kind_of_term_is_understood(page: Any) -> None:
    told = {
        "s:failed": "5 of 754 cases: 5 failed.",
        "failed": "5 of 754 cases: 5 failed.",
        "status:fail,err": "6 of 754 cases: 5 failed, 1 error.",
        "d:cuda": "260 of 754",
        "run:b": "260 of 754",
        "op:soft*": "104 of 754",
        "op:*max": "156 of 754",  # softmax and argmax, but not their middles
        "op:cumsum": "52 of 754",  # part of a name
        "dtype:float16": "169 of 754",  # and not bfloat16, of which it is a part
        "dtype:half": "169 of 754",
        "dtype:bf16,complex*": "247 of 754",
        "check:reverse d:cuda dtype:float64": "5 of 754",
        "op:softmax op:tanh": "208 of 754",  # of one key, any
        "family:linear !dtype:float64": "104 of 754",
        "culprit:backward": "3 of 754 cases: 2 failed, 1 waived.",
        "culprit:backward !waived": "2 of 754",
        '"only the diagonal"': "3 of 754 cases: 3 failed.",
        '"only the diagonal': "3 of 754 cases: 3 failed.",  # a quote left open ends with the query
        "hyperbolic !check:adjoint": "96 of 754",
        "specs/activation/softmax.grad.yaml::softmax::reverse[cuda-float32]": "1 of 754",
        "RuntimeError: value": "1 of 754 cases: 1 error.",
        "!op:softmax !tanh": "546 of 754",
    }
    for query, said in told.items():
        ask(page, query, said)


def test_what_is_not_understood_is_said_and_hides_nothing_else(page: Any) -> None:
    ask(page, "s:failed colour:red", "None of 754 cases matches. colour: is no key (there are s, d, run, op, family, ")
    ask(page, "s:failed colour:red", "check, dtype, culprit), and no text holds “colour:red”.")
    ask(page, "d:tpu", "Nothing here has d:tpu; there is cpu, cuda.")
    dtypes = "float64, float32, bfloat16, float16, complex128, complex64"
    ask(page, "s:failed dtype:", f"5 of 754 cases: 5 failed. dtype: may be {dtypes}.")
    ask(page, "!", "")


def test_the_whole_page_follows(page: Any) -> None:
    ask(page, "op:softmax s:failed dtype:float64", "2 of 754")
    assert page.locator("details.op:visible").count() == 1
    assert page.locator("details.story:visible").count() == 2
    assert page.locator(".findings > li:visible .in b").all_text_contents() == ["2 of 3 cases"]
    assert page.locator(".matrix tbody tr:not(.family):visible").count() == 1
    assert page.locator(".matrix td :not(div, :empty):visible").count() == 2
    assert page.locator(".legend [data-outcome=failed] b").text_content() == "2"
    assert page.locator(".legend [data-outcome=passed] b").text_content() == "0"
    assert page.locator(".tally").get_attribute("aria-label").startswith("0 passed, 2 failed")
    assert page.locator(".list tbody tr").count() == 2
    assert page.locator("details.op:visible > summary .counts").inner_text().split() == ["✕", "2"]
    assert page.locator("details.op:visible .cases tbody tr:visible").count() == 1
    ask(page, "", "")
    assert page.locator("details.op:visible").count() == 8
    assert page.locator(".matrix td .off").count() == 0
    assert page.locator(".list tbody tr").count() == 100
    assert page.locator(".legend [data-outcome=failed] b").text_content() == "5"


def test_the_query_is_kept_in_the_address(page: Any, address: str) -> None:
    ask(page, "s:failed op:soft*", "3 of 754")
    assert page.url == f"{address}?q=s%3Afailed+op%3Asoft*"
    page.reload()
    page.locator("#found", has_text="3 of 754").wait_for()
    assert page.locator("#query").input_value() == "s:failed op:soft*"
    ask(page, "", "")
    assert page.url == address


def test_a_link_with_a_query_and_a_case_leads_to_both(page: Any, address: str) -> None:
    place = page.locator("details.story", has_text="adjoint").first.get_attribute("id")
    page.goto("about:blank")
    page.goto(f"{address}?q={quote('s:failed')}#{place}")
    page.locator(f"[id='{place}'][open]").wait_for()
    assert page.locator("details.story:visible").count() == 5


def test_an_outcome_of_the_legend_asks_for_its_cases(page: Any) -> None:
    page.locator(".legend").get_by_role("button", name="inconclusive").click()
    page.locator("#found", has_text="1 of 754 cases: 1 inconclusive").wait_for()
    assert page.locator("#query").input_value() == "s:inconclusive"

"""The page as text: complete, self-contained, escaped, and small enough."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from html.parser import HTMLParser

import pytest

from gradsuite.reporters import words
from gradsuite.reporters.html import render
from gradsuite.reporters.merge import merge
from gradsuite.results import Outcome
from tests.reporters import recorded


class Page(HTMLParser):
    """Every element's tag and attributes, and the text outside style and script."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._raw = False
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._raw = tag in ("style", "script")

    def handle_endtag(self, tag: str) -> None:
        self._raw = False

    def handle_data(self, data: str) -> None:
        self.text += "" if self._raw else data


@pytest.fixture(scope="module")
def source() -> str:
    return render(merge(recorded.lines()))


@pytest.fixture(scope="module")
def page(source: str) -> Page:
    return Page(source)


@pytest.mark.parametrize(
    "piece",
    [
        "5 of 754 cases failed",
        "2.13.0+cu130",
        "TF32 matmul",
        "unknown function 'expp'",
        "the spec is wrong",
        "its sign is flipped, and it holds only the diagonal",
        "y[i] * (delta(i, j) - y[j])",
        "Bridle (1990)",
        "SoftmaxBackward0",
        "result: 4x5 float64",
        "input x, element [0, 2]",
        "2.5e15 ULP",
        "61.2 times",
        "error = got − truth",
        "step size",
        "digits",
        "[1, -0.5, 2, 1]",
        "one_dimension",
        '-k "reverse and float64" --gradsuite-seed 0',
        "torch.tensor([[0.0, 1.0, 2.0, 0.5]]",
        "the spec declares no equivalence",
        "the bar of the differences (0.4) is wider",
        "37/40",
        "Waived: an unstable running sum",
        "RuntimeError: value cannot be converted",
    ],
)
def test_the_page_tells(page: Page, piece: str) -> None:
    assert piece in page.text


def test_the_policy_allows_its_own_style_and_script_and_nothing_else(source: str, page: Page) -> None:
    policy = next(a["content"] for t, a in page.elements if a.get("http-equiv") == "Content-Security-Policy") or ""
    assert policy.startswith("default-src 'none'")
    for tag in ("style", "script"):  # the data beside the script has a type of its own, and cannot run
        (body,) = re.findall(f"<{tag}>(.*?)</{tag}>", source, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_nothing_is_loaded_and_no_attribute_holds_style_or_script(page: Page) -> None:
    for tag, attributes in page.elements:
        assert tag not in ("link", "img", "iframe", "object", "embed", "form")
        assert not {name for name in attributes if name.startswith("on") or name in ("style", "src", "srcset")}
        target = attributes.get("href") or "#"
        assert target.startswith(("#", "https://"))


def test_every_link_inside_the_page_leads_somewhere(page: Page) -> None:
    ids = Counter(a["id"] for _, a in page.elements if "id" in a)
    assert max(ids.values()) == 1
    assert {a["href"] for t, a in page.elements if t == "a" and str(a["href"]).startswith("#")} <= {
        f"#{i}" for i in ids
    }


def test_headers_have_their_scope_and_drawings_their_names(page: Page) -> None:
    assert all(a.get("scope") for t, a in page.elements if t == "th")
    assert all(a.get("aria-label") or a.get("aria-hidden") for t, a in page.elements if t == "svg")


def test_colour_is_never_alone(page: Page, source: str) -> None:
    signs = [a for t, a in page.elements if t == "i" and str(a.get("class")).startswith("g ")]
    assert signs
    assert all(a.get("aria-label") for a in signs)
    tiles = re.findall(r'<i class="?(\w+)(?: n(\d+)")?>(.)</i>', source)
    assert sum(int(wide or 1) for _, wide, _ in tiles) > 700
    assert {(outcome, sign) for outcome, _, sign in tiles} <= {(o.value, sign) for o, sign in words.GLYPH.items()}


def test_the_first_of_equal_stories_is_open(source: str) -> None:
    stories = re.findall(r'<details class="story failed" id="case-softmax-[^"]*"( open)?>', source)
    assert stories == [" open", "", ""]


def test_hostile_text_is_shown_and_is_not_markup() -> None:
    source = render(merge(recorded.hostile()))
    page = Page(source)
    assert [a.get("type") for t, a in page.elements if t == "script"] == ["application/json", None]
    test_nothing_is_loaded_and_no_attribute_holds_style_or_script(page)
    test_every_link_inside_the_page_leads_somewhere(page)
    assert "<script>window.owned=1</script>" in page.text
    assert "{{ 7 * 7 }}" in page.text
    assert "\x1b" not in source
    assert "\u202e" not in source


@pytest.fixture(scope="module")
def large() -> str:
    """A page of twenty thousand cases."""
    lines = recorded.many(ops=257, failures=100)
    assert sum(line.kind == "result" for line in lines) > 20_000
    return render(merge(lines))


def test_twenty_thousand_cases_stay_below_five_megabytes(large: str) -> None:
    assert len(large.encode()) < 4_600_000


def test_a_browser_makes_few_elements_before_it_shows_twenty_thousand_cases(large: str) -> None:
    """What takes time at the opening. Elements in <noscript> are text to a browser with script."""
    at_once = re.sub(r"<noscript>.*?</noscript>", "", large, flags=re.DOTALL)
    assert len(Page(at_once).elements) < 45_000
    assert len(Page(large).elements) > 100_000  # and all of it stands in the page


def test_when_everything_fails_the_page_stays_readable() -> None:
    broken = {"outcome": Outcome.FAILED, "failures": (recorded.wrong_spec(),) * 5}
    lines = [line.model_copy(update=broken) if line.kind == "result" else line for line in recorded.many(20, 0)]
    source = render(merge(lines))
    assert len(source.encode()) < 5_000_000
    assert "the rest of this story is left to results.json" in source


def test_an_empty_run_is_a_page_too() -> None:
    assert "Nothing was run" in Page(render(merge([]))).text

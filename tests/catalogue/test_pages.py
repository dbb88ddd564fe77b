"""The pages as text: what they tell, where their links lead, and what hostile text does to them: nothing."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from dataclasses import replace
from functools import cache
from urllib.parse import unquote

import pytest

from gradsuite import catalogue
from gradsuite.catalogue.shelf import Shelf
from gradsuite.spec.definition import Spec
from gradsuite.spec.formula import FUNCTIONS
from tests.catalogue.conftest import Pages
from tests.reporters import recorded
from tests.reporters.test_page import Page

parsed = cache(Page)


def read(pages: Pages, address: str) -> str:
    return " ".join(parsed(pages[address]).text.split())


def test_every_op_has_a_page(specs: list[Spec], bare: Pages) -> None:
    assert len(bare) == len(specs) + 2
    for spec in specs:
        text = read(bare, f"{spec.family}/{spec.name}.html")
        assert spec.summary in text
        assert " ".join(spec.reference.split()) in text
        assert spec.op in text


@pytest.mark.parametrize(
    ("address", "piece"),
    [
        ("activation/softmax.html", "Along dim, every entry of x moves every entry of y"),
        ("activation/softmax.html", "The largest entry is taken away first"),
        ("activation/softmax.html", "Probabilities sum to one"),
        ("activation/softmax.html", "a shift of x along dim changes nothing"),
        ("activation/softmax.html", "The backward keeps y, and nothing else"),
        ("activation/elu.html", "The slope jumps where"),
        ("activation/elu.html", "The two sides meet smoothly at zero only for alpha = 1"),
        ("activation/relu.html", "bit for bit, without any rounding"),
        ("activation/gumbel_softmax.html", "On purpose, the derivative is that of"),
        ("arithmetic/mul.html", "Where x was stretched to fit, what comes back is summed."),
        ("arithmetic/pow.html", "0 ** 0 is 1 by convention"),
        ("loss/cross_entropy.html", "9 variants"),
        ("loss/cross_entropy.html", "Nll loss of log softmax"),
        ("nn/Conv2d.html", "a parameter of the module"),
        ("shape/cat.html", "split(ct, sizes, dim)[0]"),
        ("reduction/argmax.html", "No gradient for y."),
        ("language.html", "cotangent, ct"),
        ("language.html", "low < x < high"),
    ],
)
def test_a_page_tells(bare: Pages, address: str, piece: str) -> None:
    assert piece in read(bare, address)


def test_numbers_of_an_edge_sample_are_worked(bare: Pages) -> None:
    text = read(bare, "arithmetic/pow.html").replace("\u2062", "")
    _, _, example = text.partition("In numbers")
    assert re.search(r"Take x=\( ?41.*exponent=.*2−1.*the value is y=.*161.*0\.251.*gradient is dx=.*7\.93751", example)


def test_what_variants_share_is_told_once(bare: Pages) -> None:
    assert read(bare, "loss/cross_entropy.html").count("Gradient sums to zero") == 1
    function, derivative = (read(bare, "convolution/conv2d.html").index(each) for each in ("Function", "Derivative"))
    assert function < derivative


def test_without_a_run_the_pages_say_that_nothing_was_measured(bare: Pages) -> None:
    for address, source in bare.items():
        assert "nothing was measured" in parsed(source).text, address
    assert "Nothing was measured: no run was given." in read(bare, "pointwise/exp.html")
    assert "drawn from a recorded run; none was given" in read(bare, "pointwise/exp.html")


@pytest.mark.parametrize(
    "piece",
    [
        "proven to 6",  # sixty-odd digits
        "digits at every sample, by ball arithmetic",
        "A cpu float64",
        "B cuda float16",
        "the spec is wrong: its sign is flipped, and it holds only the diagonal",
        "error over natural error",
        "The spec has changed since this was measured.",
        "As autograd recorded it",
        "SoftmaxBackward0",
        "the spec declares no equivalence",
    ],
)
def test_with_a_run_a_page_tells_what_was_measured(full: Pages, piece: str) -> None:
    assert piece in read(full, "activation/softmax.html")


def test_an_op_that_the_run_left_out_says_so(full: Pages) -> None:
    assert "Nothing was measured: the run holds no line of this op." in read(full, "shape/cat.html")


def test_ops_of_the_run_without_a_spec_are_counted(full: Pages) -> None:
    assert "that no spec here describes" in read(full, "index.html")


def test_each_check_has_its_own_words() -> None:
    lines = recorded.lines()
    first = lines[0].model_copy(update={"checks": {"reverse": "A gradient.\n\nIts bound is\nderived."}})
    made = catalogue.pages([], [first, *lines[1:]])
    assert "reverse A gradient.Its bound is derived." in read(made, "checks.html")
    assert 'href="checks.html"' in made["index.html"]


def test_waivers_in_force_stand_on_the_page_of_their_op(full: Pages) -> None:
    assert "The slope 1/6 is a float32 constant" in read(full, "activation/hardsigmoid.html")
    assert "Waivers in force" not in read(full, "activation/softmax.html")


def test_ops_name_one_another(bare: Pages) -> None:
    page = bare["loss/cross_entropy.html"]
    assert '<a href="nll_loss.html"><code>torch.nn.functional.nll_loss</code></a>' in page
    assert '<a href="../activation/log_softmax.html">' in page
    assert '<a href="../loss/cross_entropy.html">' in bare["activation/log_softmax.html"]


def test_functions_of_a_formula_lead_to_the_glossary(bare: Pages) -> None:
    assert '<a href="../language.html#f-delta">delta</a>(i, j)' in bare["activation/softmax.html"]
    text = read(bare, "language.html")
    for name, function in FUNCTIONS.items():
        assert f"{name}(" in text
        assert function.summary in text


@pytest.mark.parametrize("which", ["bare", "full", "hostile"])
def test_every_link_leads_somewhere(which: str, request: pytest.FixtureRequest) -> None:
    pages: Pages = request.getfixturevalue(which)
    ids = {}
    for address, source in pages.items():
        counted = Counter(a["id"] for _, a in parsed(source).elements if "id" in a)
        assert max(counted.values()) == 1, address
        ids[address] = set(counted)
    for address, source in pages.items():
        for target in (a["href"] for t, a in parsed(source).elements if t == "a"):
            assert target
            if target.startswith("https://"):
                continue
            assert re.fullmatch(r"[A-Za-z0-9_./#-]+", target), target  # relative, and nothing to escape
            path, _, anchor = unquote(target).partition("#")
            there = posixpath.normpath(posixpath.join(posixpath.dirname(address), path)) if path else address
            assert there in pages, f"{address}: {target}"
            assert not anchor or anchor in ids[there], f"{address}: {target}"


@pytest.mark.parametrize("which", ["full", "hostile"])
def test_nothing_is_loaded_and_nothing_runs_but_the_page_s_own_script(
    which: str, request: pytest.FixtureRequest
) -> None:
    for source in request.getfixturevalue(which).values():
        page = parsed(source)
        counted = Counter(tag for tag, _ in page.elements)
        assert (counted["script"], counted["style"]) == (1, 1)
        assert not {"link", "img", "iframe", "object", "embed", "form"} & set(counted)
        policy = next(a["content"] for t, a in page.elements if a.get("http-equiv")) or ""
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        for _, attributes in page.elements:
            assert not {name for name in attributes if name.startswith("on") or name in ("style", "src")}


def test_hostile_text_is_shown_as_text(hostile: Pages) -> None:
    (page,) = (source for address, source in hostile.items() if "/" in address)
    text = parsed(page).text
    assert "<script>window.owned=1</script>" in text
    assert "{{ 7 * 7 }}" in text
    assert "\u202e" not in page
    assert "https://example.org/?a=1" in text


def test_headers_have_their_scope_and_drawings_their_names(full: Pages) -> None:
    for source in full.values():
        elements = parsed(source).elements
        assert all(a.get("scope") for t, a in elements if t == "th")
        assert all(a.get("aria-label") or a.get("aria-hidden") for t, a in elements if t == "svg")
        assert [t for t, _ in elements if t == "h1"] == ["h1"]


def test_pages_never_overwrite_one_another(specs: list[Spec]) -> None:
    softmax = next(spec for spec in specs if spec.name == "softmax")
    twins = [
        replace(softmax, path=f"{place}/{name}.grad.yaml", name=name, family=family)
        for place, name, family in (
            ("a", "softmax", "activation"),
            ("b", "softmax", "activation"),
            ("c", "Softmax", "activation"),
            ("d", "softmax", ".."),
            ("e", "soft/max", ""),
        )
    ]
    addresses = list(Shelf.of(twins).addresses.values())
    assert len({address.lower() for address in addresses}) == len(twins)
    assert all(re.fullmatch(r"[\w-]+/[\w-]+\.html", address) for address in addresses)


def test_the_order_of_specs_does_not_matter(specs: list[Spec]) -> None:
    assert catalogue.pages(specs[:4]) == catalogue.pages(reversed(specs[:4]))

"""Comments of a spec with the keys they belong to; numbers as mathematics; links in a formula's text."""

from __future__ import annotations

import re

import pytest

from gradsuite.catalogue import equations, numbers
from gradsuite.catalogue.remarks import Remarks

TEXT = """\
# of the file
a: 1

# of b,
# in two lines
b:
  c: {d: 2}      # behind c
  # of e
  e: "x  # no comment"
  list:
    # of the item
    - {f: 1}
    - {f: 2}     # behind the second
"""


@pytest.mark.parametrize(
    ("where", "says"),
    [
        (("a",), "of the file"),
        (("b",), "of b, in two lines"),
        (("b", "c"), "behind c"),
        (("b", "c", "d"), ""),
        (("b", "list", 0), "of the item"),
        (("b", "list", 1), "behind the second"),
        (("b", "absent"), ""),
        (("absent", "c"), ""),
    ],
)
def test_a_comment_belongs_to_its_key(where: tuple[str | int, ...], says: str) -> None:
    assert Remarks(TEXT).of(*where) == says


def reads(value: object) -> str:
    return re.sub(r"<[^>]*>", "", numbers.written(value).text).replace("\xa0", " ").replace("\u2062", "")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.5, "0.5"),
        (-2.0, "−2"),
        (1e20, "1020"),
        (1e10, "1010"),
        (123456.0, "123456"),
        (float("-inf"), "−∞"),
        (float("nan"), "NaN"),
        (3, "3"),
        ("mean", "mean"),
        (None, "none"),
        ("1-2j", "1−2i"),
        ([1.0, 2.0], "(1,2)"),
        ([[1.0], [2.0]], "(12)"),
        ([], "empty, 0"),
        ([[], []], "empty, 2 × 0"),
        ([[[[1.0, 2.0]]]], "(12)  (1 × 1 × 1 × 2)"),
        ([[[1.0]], [[2.0]]], "((1),(2))  (2 × 1 × 1)"),
    ],
)
def test_numbers_read_as_mathematics(value: object, text: str) -> None:
    assert reads(value) == text


def test_a_matrix_is_a_table() -> None:
    assert numbers.written([[1.0, 2.0], [3.0, 4.0]]).text.count("<mtr>") == 2


def test_only_known_names_that_are_called_are_links() -> None:
    made = equations.linked("exp(x) < f (y) + g(z)", {"exp": "e.html", "g": "g.html"}.get, {"f": "f.html", "g": None})
    assert made == '<a href="e.html">exp</a>(x) &lt; <a href="f.html">f</a> (y) + g(z)'

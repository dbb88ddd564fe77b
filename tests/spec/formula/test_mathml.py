"""Formulas for people: well-formed, escaped, and written as a mathematician would."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings

from gradsuite.spec.formula import FUNCTIONS, parse
from gradsuite.spec.formula.mathml import to_mathml
from tests.spec.formula.test_random_formulas import FORMULAS


def spoken(text: str) -> str:
    """The visible characters in order, with structure reduced to what reads."""
    root = ElementTree.fromstring(to_mathml(parse(text, indices=("i", "j"), functions=("conv",))))
    return re.sub(r"[\u2061\u2062]", "", "".join(root.itertext())).replace("\xa0", " ")


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("y[i] * (delta(i, j) - y[j])", "yi(δij−yj)"),
        ("-x * ct", "−x⋅ct"),
        ("a - (b - c)", "a−(b−c)"),
        ("(a + b) * c", "(a+b)⋅c"),
        ("2 * x + 0.5", "2x+0.5"),
        ("a * (-b)", "a(−b)"),
        ("sum(e, dim)", "∑dime"),
        ("sum(a + b) * c", "(∑(a+b))⋅c"),
        ("abs(x)", "|x|"),
        ("lgamma(x) + digamma(x)", "ln|Γ(x)|+ψ(x)"),
        ("erf(x) + sigmoid(x)", "erf(x)+σ(x)"),
        ("normal_cdf(x)", "Φ(x)"),
        ("mu + sigma_1 + running_mean", "μ+σ1+runningmean"),
        ("d_x", "dx"),
        ("where(x > 0, 1, where(x < 0, a, 0))", "{1if x>0aif x<00otherwise"),
        ("1 if x <= 0 else y", "{1if x≤0yotherwise"),
        ("w is not None and reduction == 'mean'", "w≠none and reduction=“mean”"),
        ("a @ b.T", "ab⊤"),
        ("-inf < x", "−∞<x"),
        ("1.0e-5", "10−5"),
        ("softmax(x, dim)", "softmaxdim(x)"),
        ("conv(x, 3)", "conv(x,3)"),
        ("x[None, :, ..., 0]", "x∗,:,…,0"),
        ("x // 2 % 3", "⌊x2⌋ mod 3"),
    ],
)
def test_reads_as(text: str, reads: str) -> None:
    assert spoken(text) == reads


@pytest.mark.parametrize(
    ("text", "element"),
    [
        ("a / b", "mfrac"),
        ("x ** 2", "msup"),
        ("sqrt(x)", "msqrt"),
        ("x ** (1 / 2)", "msqrt"),
        ("exp(-x)", "msup"),
        ("sum(x, d)", "munder"),
        ("where(c, a, b)", "mtable"),
        ("conj(z)", "mover"),
        ("x[0]", "msub"),
    ],
)
def test_structure(text: str, element: str) -> None:
    assert f"<{element}" in to_mathml(parse(text))


@pytest.mark.parametrize(
    "payload", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "&lt;b&gt;", "]]><svg/onload=1>"]
)
def test_hostile_text_is_escaped(payload: str) -> None:
    markup = to_mathml(parse(f"x == {payload!r}"))
    assert payload not in markup
    assert payload in "".join(ElementTree.fromstring(markup).itertext()).replace("\xa0", " ")
    tags = set(re.findall(r"<(\w+)", markup))
    assert all(tag.startswith("m") for tag in tags)


def test_every_function_can_be_written() -> None:
    for name, function in FUNCTIONS.items():
        required = [p.name for p in function.signature.parameters.values() if p.default is p.empty]
        for arguments in (
            required,
            [p.name for p in function.signature.parameters.values() if p.kind is not p.KEYWORD_ONLY],
        ):
            ElementTree.fromstring(to_mathml(parse(f"{name}({', '.join(arguments)})")))


def test_a_long_name_is_no_trouble() -> None:
    ElementTree.fromstring(to_mathml(parse("a_" * 1900 + "b + d_d_d")))


@settings(deadline=None, max_examples=60)
@given(FORMULAS)
def test_any_formula_is_well_formed(text: str) -> None:
    assert ElementTree.fromstring(to_mathml(parse(text))).tag == "math"

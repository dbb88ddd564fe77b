"""What is let through as markup: MathML of the allow-list, https links, nothing else."""

from __future__ import annotations

import pytest

from gradsuite.reporters.html.mathml import linked, safe
from tests.reporters import recorded

NAMESPACE = 'xmlns="http://www.w3.org/1998/Math/MathML"'


def test_formulas_keep_their_structure() -> None:
    for formula in recorded.softmax().formulas:
        made = safe(formula.mathml)
        assert made is not None
        assert made.startswith('<math display="block">')
        assert made.count("<mi>") == formula.mathml.count("<mi>")


@pytest.mark.parametrize(
    "attack",
    [
        "<math><script>1</script></math>",
        "<math><mtext><img src='x'/></mtext></math>",
        "<math><annotation-xml encoding='text/html'><b/></annotation-xml></math>",
        "<svg/>",
        "<math><math/></math>",
        '<!DOCTYPE m [<!ENTITY a "aaaa">]><math>&a;</math>',
        "<math><mi>x</math>",
        "<math>" * 3000 + "</math>" * 3000,
        "plain",
        "",
    ],
)
def test_anything_else_is_refused(attack: str) -> None:
    assert safe(attack) is None


def test_attributes_are_dropped_and_text_is_escaped() -> None:
    made = safe(f'<math {NAMESPACE}><mi onclick="x" href="javascript:x" mathvariant="bold">&lt;b&gt;</mi></math>')
    assert made == '<math><mi mathvariant="bold">&lt;b&gt;</mi></math>'


def test_links_are_https_only_and_the_rest_is_escaped() -> None:
    assert linked("see https://example.org/a?b=1.") == (
        'see <a href="https://example.org/a?b=1" rel="noreferrer noopener">https://example.org/a?b=1</a>.'
    )
    assert "<a" not in linked("javascript:alert(1) http://example.org <b>")
    assert 'onclick="' not in linked('https://example.org/"onclick="x')

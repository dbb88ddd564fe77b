"""Formulas that a page quotes from a spec: the page says them, the spec declares them, the checks prove them.

    ```declared spec="specs/activation/softmax.grad.yaml"
    y = e / sum(e, dim)
    dx = y[i] * (delta(i, j) - y[j])
    ```

On the site each line is drawn as mathematics. A line that the spec does not declare ends the build.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pymdownx.superfences import SuperFencesException

from gradsuite.card import formulas
from gradsuite.results import Formula
from gradsuite.spec import load
from handbook import ROOT

_LEFT = {
    "elementwise": "<mfrac><mrow><mo>∂</mo><mi>y</mi></mrow><mrow><mo>∂</mo>{}</mrow></mfrac>",
    "gradient": "<mfrac><mrow><mo>∂</mo><mi>y</mi></mrow><mrow><mo>∂</mo>{}</mrow></mfrac>",
    "jacobian": "<mfrac><mrow><mo>∂</mo><msub><mi>y</mi><mi>i</mi></msub></mrow>"
    "<mrow><mo>∂</mo><msub>{}<mi>j</mi></msub></mrow></mfrac>",
    "reshuffle": "<mrow><msubsup><mi>J</mi>{}<mi>T</mi></msubsup><mi>ct</mi></mrow>",
    "vjp": "<mrow><msubsup><mi>J</mi>{}<mi>T</mi></msubsup><mi>ct</mi></mrow>",
}


def _lines(source: str) -> Iterator[str]:
    return (line for line in source.splitlines() if line.strip())


def quoted(path: str, source: str) -> list[Formula]:
    """The formulas of the spec at ``path`` that the lines of ``source`` quote, as ``name = formula``.

    Raises:
        ValueError: the spec declares no such formula.
    """
    spec = load(ROOT / path)
    known = {_line(found): found for definition in spec.definitions for found in formulas(definition)}
    if strange := [line for line in _lines(source) if line not in known]:
        raise ValueError(f"{path} declares no {strange[0]!r}; it declares {sorted(known)}")
    return [known[line] for line in _lines(source)]


def _line(found: Formula) -> str:
    return f"{found.label.removeprefix('let ')} = {' '.join(found.text.split())}"


def _format(source: str, language: str, class_name: str, options: Mapping[str, Any], md: Any, **given: Any) -> str:
    try:
        return f'<div class="declared">{"".join(map(_drawn, quoted(options["spec"], source)))}</div>'
    except ValueError as error:  # any other exception would leave the block as text
        raise SuperFencesException(str(error)) from error


def _drawn(found: Formula) -> str:
    inner = found.mathml.partition(">")[2].rpartition("</math>")[0]
    name = found.label.removeprefix("let ")
    left = _LEFT[found.form].format(f"<mi>{name[1:]}</mi>") if found.form in _LEFT else f"<mi>{name}</mi>"
    return f'<math display="block"><mrow>{left}<mo>=</mo>{inner}</mrow></math>'


def _validate(language: str, inputs: dict[str, str], options: dict[str, str], attrs: Any, md: Any) -> bool:
    options.update(inputs)
    return "spec" in options


FENCE = {"name": "declared", "class": "declared", "format": _format, "validator": _validate}

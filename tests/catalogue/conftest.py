"""The whole catalogue, made once: with a run's recorded lines, and without any."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from gradsuite import catalogue
from gradsuite.spec import Waivers, load, load_all
from gradsuite.spec.catalogue import folder, name_of
from gradsuite.spec.definition import Spec
from gradsuite.spec.waivers import load_waivers
from tests.reporters import recorded

Pages = Mapping[str, str]

ATTACK = "<script>window.owned=1</script><img src=x onerror=window.owned=1> {{ 7 * 7 }} \u202e"
HOSTILE = f"""\
# {ATTACK}
gradsuite: 1
op: package.module:function
name: "<b onclick=owned>"
summary: "{ATTACK}"
reference: "{ATTACK} javascript:alert(1) https://example.org/?a=1"
# {ATTACK}
inputs: {{x: "*B"}}
arguments: {{mode: ["{ATTACK}"]}}
require: ["mode == '</script><script>window.owned=1</script>'"]
forward: "x if mode == '<img src=x onerror=window.owned=1>' else x + 1"
derivative:
  # {ATTACK}
  x: {{vjp: "ct if mode != '</math><script>window.owned=1</script>' else ct"}}
equals:
  "a<b>_{ATTACK.partition(" ")[0].replace("/", "")}":
    with: {{f: "evil.module:function"}}
    expression: f(x)
node: "{ATTACK}"
"""


@pytest.fixture(scope="session")
def specs() -> list[Spec]:
    return [replace(spec, path=name_of(Path(spec.path))) for spec in load_all([folder("specs")])[0]]


@pytest.fixture(scope="session")
def bare(specs: list[Spec]) -> Pages:
    return catalogue.pages(specs)


@pytest.fixture(scope="session")
def full(specs: list[Spec]) -> Pages:
    waivers = load_waivers(folder("waivers") / "2.13.0.yaml")
    return catalogue.pages(specs, recorded.lines(), waivers)


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    """One spec full of attacks, in a folder with a bad name, and a run that tells as much."""
    family = tmp_path_factory.mktemp("specs") / "<i>family"
    family.mkdir()
    file = family / "<b onclick=owned>.grad.yaml"
    file.write_text(HOSTILE, encoding="utf-8")
    spec = load(file)
    poisoned = [line.model_copy(update={"path": spec.path, "name": spec.name}) for line in recorded.hostile()
                if line.kind in ("op", "result")][:60]  # fmt: skip
    return catalogue.pages([spec], [recorded.hostile()[0], *poisoned], Waivers())

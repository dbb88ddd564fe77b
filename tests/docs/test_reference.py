"""Everything that there is stands in the reference: every command, option, key, function, domain and check."""

from __future__ import annotations

import re
from html import unescape

import click
import markdown
import pytest
from pydantic import BaseModel

import gradsuite
from gradsuite import checks, cli, devices, extensions
from gradsuite.inputs import layouts
from gradsuite.inputs.manifolds import MANIFOLDS
from gradsuite.plugin import marked
from gradsuite.results import Culprit, Outcome
from gradsuite.spec import domains, model
from gradsuite.spec.formula.registry import FUNCTIONS
from gradsuite.spec.waivers import Entry
from handbook import ROOT, reference
from handbook.markdown import plain, prose, table
from handbook.reference.command_line import commands
from handbook.reference.pytest_plugin import hooks, recorded

MODELS = [m for m in vars(model).values() if isinstance(m, type) and issubclass(m, BaseModel) and m is not model.Model]


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return reference.pages()


def test_every_command_with_every_option(pages: dict[str, str]) -> None:
    page = pages["reference/command-line.md"]
    found = dict(commands(cli.gradsuite, "gradsuite"))
    assert {"gradsuite run", "gradsuite history show"} <= set(found)
    for name, command in found.items():
        assert f"## {name}\n" in page
        shown = page.partition(f"## {name}\n")[2].partition("\n## ")[0]
        options = [option for each in command.params if isinstance(each, click.Option) for option in each.opts]
        assert all(option in shown for option in options), (name, options)


def test_every_option_and_setting_of_the_plugin(pages: dict[str, str]) -> None:
    found = recorded()
    assert len(found.options) >= 6
    for name in [names[0] for names, _ in found.options] + [name for name, _ in found.settings]:
        assert f"`{name}" in pages["reference/pytest.md"]


def test_every_hook_keyword_and_fixture_of_the_plugin(pages: dict[str, str]) -> None:
    page = pages["reference/pytest.md"]
    assert len(hooks()) >= 6
    assert all(f"### `{name}(" in page for name in hooks())
    assert all(f"`{name}`" in page for name in marked.KEYWORDS)
    assert "gradsuite_check(fn, (x, w))" in page


@pytest.mark.parametrize("kind", [*MODELS, Entry], ids=lambda kind: kind.__name__)
def test_every_key(kind: type[BaseModel], pages: dict[str, str]) -> None:
    keys = [field.alias or name for name, field in kind.model_fields.items()]
    assert all(f"| `{key}` |" in pages["reference/spec.md"] for key in keys), keys


def test_every_function_of_the_formula_language(pages: dict[str, str]) -> None:
    assert all(f"| `{name}(" in pages["reference/formulas.md"] for name in FUNCTIONS)


def test_every_domain_and_every_set(pages: dict[str, str]) -> None:
    page = pages["reference/domains.md"]
    assert all(f"| `{name}" in page for name in (*domains.names(), *MANIFOLDS))


def test_every_check_in_its_own_words(pages: dict[str, str]) -> None:
    page = " ".join(pages["reference/checks.md"].split())
    for name in checks.requestable():
        assert f"### `{name}` " in page
        assert all(" ".join(prose(part).split()) in page for part in checks.describe(name).split("\n\n"))


def test_every_family_with_its_devices_and_layouts(pages: dict[str, str]) -> None:
    page = pages["reference/families.md"]
    groups = [f"gradsuite.{family}" for family in extensions.NOUNS]
    assert all(f"| `{name}` |" in page for name in (*groups, *devices.names(), *layouts.names()))


def test_every_outcome_and_every_culprit_is_explained() -> None:
    page = (ROOT / "docs" / "how-to" / "failure.md").read_text(encoding="utf-8")
    assert all(f"| `{word}` |" in page for word in (*Outcome, *Culprit))


def test_every_name_that_python_gives(pages: dict[str, str]) -> None:
    named = [name for name in gradsuite.__all__ if not name.startswith("_")]
    assert all(f"## `gradsuite.{name}`" in pages["reference/python.md"] for name in named)


def test_what_comes_from_the_code_is_text_on_the_page() -> None:
    text = "<b> *x* _y_ | [a](b) `c` $d$ \\"
    shown = markdown.markdown(table((plain(text),), [(plain(text),)]), extensions=["tables", "pymdownx.arithmatex"])
    cells = re.findall(r"<t[hd]>(.*?)</t[hd]>", shown)
    assert [unescape(cell) for cell in cells] == [text, text]

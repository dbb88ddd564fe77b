"""The page's templates and style sheet. Jinja escapes everything that is not known to be markup."""

from __future__ import annotations

from importlib import resources
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from gradsuite.reporters import words
from gradsuite.reporters.html import mathml
from gradsuite.results import Outcome


def asset(name: str) -> Markup:
    """A style sheet, word for word: its hash stands in the page's policy."""
    return Markup(resources.files(__name__).joinpath(name).read_text(encoding="utf-8"))


def fill(template: str, **context: Any) -> Markup:
    """``template`` with ``context``."""
    return Markup(_ENVIRONMENT.get_template(template).render(**context))


def glyph(outcome: Outcome) -> Markup:
    """The outcome's sign, its name for screen readers, and its colour."""
    return Markup('<i class="g {0}" role="img" aria-label="{0}" title="{0}">{1}</i>').format(
        outcome.value, words.GLYPH[outcome]
    )


def breakable(name: str) -> Markup:
    """A name that may wrap after each underscore and dot."""
    parts = words.clean(name).replace(".", ".\n").replace("_", "_\n").split("\n")
    return Markup("<wbr>").join(parts)


def environment(package: str) -> Environment:
    """What fills the templates of ``package``: everything is escaped, and a name that is not given is an error.

    They may include those that stand here.
    """
    made = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader("gradsuite.reporters.html")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        {
            "number": words.number,
            "figure": lambda value: "" if value is None else words.number(value),
            "clean": words.clean,
            "clip": lambda text, limit: words.clip(words.clean(text), limit),
            "counted": words.counted,
            "replayed": words.replayed,
            "glyph": glyph,
            "breakable": breakable,
            "mathml": mathml.safe,
            "linked": mathml.linked,
        }
    )
    made.policies["json.dumps_kwargs"] = {"separators": (",", ":"), "ensure_ascii": False}
    made.globals.update({"GLYPH": words.GLYPH, "MEANING": words.MEANING, "BLAME": words.BLAME})
    return made


_ENVIRONMENT = environment("gradsuite.reporters.html")

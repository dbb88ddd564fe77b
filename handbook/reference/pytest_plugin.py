"""Every option, setting, hook, fixture and keyword of the marker that the pytest plugin adds, as it adds them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from gradsuite import pytest_plugin
from gradsuite.plugin import hookspecs, marked
from handbook.markdown import code, plain, prose, section, table

PAGE = "pytest.md"
HEAD = """
Installed, the plugin is found by pytest by itself, and is silent until there is something to do: [how to use
it](../how-to/pytest.md). Each case is a test, so `-k`, `--lf`, `-x`, `-n auto` of pytest-xdist, JUnit files and xfail
work as they do for others, and `-m "gradsuite(op='softmax', dtype='bfloat16')"` chooses cases.
"""
MARKER = """
`@pytest.mark.gradsuite(...)` on a test function that returns the op, or takes it. These are those of
[`gradsuite.check`](python.md), and `op`, a callable or its `package.module:name`. `inputs` is needed.
"""
HOOKS = "For the `conftest.py` of a suite. An installed package names the same modules in [entry points](families.md)."


class Recorder:
    """Stands in for pytest's parser, and keeps what the plugin adds to it."""

    def __init__(self) -> None:
        self.options: list[tuple[tuple[str, ...], dict[str, Any]]] = []
        self.settings: list[tuple[str, dict[str, Any]]] = []

    def getgroup(self, *_: Any, **__: Any) -> Recorder:
        """The group: this."""
        return self

    def addoption(self, *names: str, **given: Any) -> None:
        """Keep an option."""
        self.options.append((names, given))

    def addini(self, name: str, help: str, *_: Any, **given: Any) -> None:
        """Keep a setting of the ini file."""
        self.settings.append((name, {"help": help, **given}))


def recorded() -> Recorder:
    """What the plugin adds."""
    recorder = Recorder()
    add: Callable[[Any], None] = pytest_plugin.pytest_addoption
    add(recorder)
    return recorder


def hooks() -> dict[str, Callable[..., Any]]:
    """The hooks by which a suite adds to gradsuite, by name."""
    return {name: hook for name, hook in vars(hookspecs).items() if name.startswith("pytest_gradsuite_")}


def _hook(name: str, hook: Callable[..., Any]) -> str:
    return section(code(f"{name}(config)"), prose(inspect.getdoc(hook) or ""), level=3)


def page() -> str:
    """The page."""
    found = recorded()
    options = [(code(_written(names, given)), _meaning(given)) for names, given in found.options]
    settings = [(code(name), _meaning(given)) for name, given in found.settings]
    keywords = ", ".join(code(name) for name in marked.KEYWORDS)
    fixture = prose(inspect.getdoc(pytest_plugin.gradsuite_check) or "")
    return "\n".join(
        [
            section("pytest plugin", HEAD, level=1),
            section("Options", table(("option", "meaning"), options)),
            section("Settings of pytest's ini file", table(("setting", "meaning"), settings)),
            section("The marker gradsuite", MARKER, f"Keywords: {keywords}."),
            section("The fixture gradsuite_check", fixture),
            section("Hooks", HOOKS),
            *(_hook(name, hook) for name, hook in hooks().items()),
        ]
    )


def _written(names: tuple[str, ...], given: dict[str, Any]) -> str:
    if choices := given.get("choices"):
        return f"{names[0]}={'|'.join(choices)}"
    return names[0] if given.get("action") == "store_true" else f"{names[0]}={given.get('metavar', 'VALUE')}"


def _meaning(given: dict[str, Any]) -> str:
    default = given.get("default")
    told = plain(" ".join((given.get("help") or "").split()))
    return f"{told} Default: {code(str(default))}.".strip() if default else told

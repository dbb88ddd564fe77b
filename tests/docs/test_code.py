"""Code in the documents runs, prints what the page shows, and commands are commands that there are.

A page is read from the top, as a reader does who types along: blocks with a title become files, Python runs in one
namespace, commands whose output is shown run, too. ``...`` in what is shown stands for anything.
"""

from __future__ import annotations

import doctest
import re
import runpy
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator
from configparser import ConfigParser
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import click
import pytest
import torch

import gradsuite
from gradsuite import checks, cli, extensions
from gradsuite.devices import kept
from gradsuite.subject import resolve
from handbook.reference.pytest_plugin import recorded
from tests.docs.blocks import PAGES, ROOT, Block, blocks, name

# Its programs, and what they print, are replayed from their files by tests/finds.
ELSEWHERE = {"docs/finds.md"}
READ = [page for page in PAGES if name(page) not in ELSEWHERE]
SAME = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
Commands = list[tuple[list[str], str]]


def _agree(got: str, shown: str, where: str) -> None:
    """Whether what was printed is what the page shows; a bar may be another, as it comes from random draws."""
    wanted, found = (re.sub(r"\(bar [^,]+,", "(bar,", text.rstrip()) + "\n" for text in (shown, got))
    assert doctest.OutputChecker().check_output(wanted, found, SAME), f"{where}\n{got}"


class Reader:
    """One who types a page along."""

    def __init__(self, page: Path, pytester: pytest.Pytester) -> None:
        self.page, self.pytester, self.names = page, pytester, {"__name__": "__main__"}

    def read(self, block: Block) -> None:
        """Does what the block says."""
        if block.language == "python" and (block.why or block.title):
            compile(block.text, block.title or name(self.page), "exec")
        if block.why:
            return
        if block.title:
            self._write(block)
        elif block.language == "python":
            self._run(block)
        elif block.language == "console":
            for command, shown in _commands(block.text):
                self._type(command, shown, block)

    def _write(self, block: Block) -> None:
        path = self.pytester.path / block.title
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text, encoding="utf-8")
        sys.modules.pop(path.stem, None)  # as in a new process: a page may mend its own file
        resolve.cache_clear()
        if block.language == "python":
            runpy.run_path(str(path), run_name=path.stem)

    def _run(self, block: Block) -> None:
        code = compile("\n" * block.line + block.text, name(self.page), "exec")
        out = StringIO()
        with redirect_stdout(out):
            exec(code, self.names)
        if block.shown is not None:
            _agree(out.getvalue(), block.shown, f"{name(self.page)}:{block.line}")

    def _type(self, command: list[str], shown: str, block: Block) -> None:
        if not shown:
            return
        run: dict[str, Callable[[list[str]], str]] = {"gradsuite": _gradsuite, "pytest": self._pytest}
        _agree(run[command[0]](command[1:]), shown, f"{name(self.page)}:{block.line}: {shlex.join(command)}")

    def _pytest(self, arguments: list[str]) -> str:
        return "\n".join(self.pytester.runpytest_inprocess("-p", "no:randomly", *arguments).outlines)


def _gradsuite(arguments: list[str]) -> str:
    out = StringIO()
    with redirect_stdout(out):
        cli.main(arguments)
    return out.getvalue()


def _commands(text: str) -> Commands:
    """Each command after a ``$``, and what is shown below it."""
    found: Commands = []
    for line in text.splitlines():
        if line.startswith("$ "):
            found.append((shlex.split(line[2:], comments=True), ""))
        elif found:
            found[-1] = (found[-1][0], f"{found[-1][1]}{line}\n")
    return found


@pytest.fixture(scope="module")
def imported() -> None:
    """pytester forgets what is imported after it, and each page would import it again."""
    import gradsuite.api
    import gradsuite.dropin  # noqa: F401

    for check in checks.names():
        checks.get(check)


@pytest.fixture
def reader(
    imported: None, request: pytest.FixtureRequest, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Reader]:
    """A reader of the page, in a folder that is empty but for the catalogue, where the page runs in a clone."""
    monkeypatch.syspath_prepend(pytester.path)
    for folder in ("specs", "waivers"):
        shutil.copytree(ROOT / folder, pytester.path / folder)  # a page may write there
    with kept():
        yield Reader(request.param, pytester)


@pytest.mark.parametrize("reader", [p for p in READ if blocks(p.read_text())], indirect=True, ids=name)
def test_the_page_does_what_it_says(reader: Reader) -> None:
    for block in blocks(reader.page.read_text(encoding="utf-8")):
        reader.read(block)


def test_the_domain_and_the_check_that_a_page_adds_do_what_it_says(tmp_path: Path, monkeypatch: Any) -> None:
    for block in blocks((ROOT / "docs" / "how-to" / "extend.md").read_text(encoding="utf-8")):
        if block.language == "python":
            (tmp_path / Path(block.title).name).write_text(block.text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    domain = extensions.adding("domains", {"angle": "angle"}, "a page")
    check = extensions.adding("checks", {"zero_cotangent": "zero_cotangent"}, "a page")
    with domain, check:
        for fn, verdict in ((torch.sin, "passed"), (Answers.apply, "failed")):
            report = gradsuite.check(fn, (torch.ones(3),), checks=["zero_cotangent"], domain=["angle"])
            assert report.verdict == verdict, str(report)


class Answers(torch.autograd.Function):
    """Its backward gives something for nothing."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        return x.clone()

    @staticmethod
    def backward(ctx: Any, ct: torch.Tensor) -> torch.Tensor:
        return ct + 1


def _typed(page: Path) -> Iterator[list[str]]:
    for block in blocks(page.read_text(encoding="utf-8")):
        if block.language == "sh":
            yield from (shlex.split(line, comments=True) for line in block.text.splitlines() if line)
        if block.language == "console":
            yield from (command for command, _ in _commands(block.text))


def test_commands_are_commands_that_there_are() -> None:
    typed = [(page, command) for page in PAGES for command in _typed(page)]
    assert len(typed) > 10
    for page, command in typed:
        _check(command, f"{name(page)}: {shlex.join(command)}")


def _check(command: list[str], where: str) -> None:
    """The command, and each that follows it after ``&&``."""
    if "&&" in command:
        at = command.index("&&")
        _check(command[:at], where)
        _check(command[at + 1 :], where)
    elif command[:1] == ["gradsuite"]:
        _parses(command[1:], where)
    elif command and command[0].endswith("pytest"):
        known = {option for names, _ in recorded().options for option in names}
        asked = {word.partition("=")[0] for word in command if word.startswith("--gradsuite")}
        assert asked <= known, where
    elif command and command[0].endswith("tox"):
        tox = ConfigParser(interpolation=None)
        tox.read(ROOT / "tox.ini")
        environment = command[command.index("-e") + 1]
        assert environment in tox["tox"]["env_list"] or f"testenv:{environment}" in tox, where


def _parses(arguments: list[str], where: str) -> None:
    command: Any = cli.gradsuite.commands.get(arguments[0])
    assert command is not None, where
    try:
        command.make_context(arguments[0], arguments[1:])
    except click.ClickException as fault:
        pytest.fail(f"{where}: {fault.format_message()}")


def test_what_is_not_run_says_why() -> None:
    marked = {name(page): [b.why for b in blocks(page.read_text(encoding="utf-8")) if b.why] for page in READ}
    assert set(marked) >= {"docs/how-to/triton.md"}
    assert all(len(why) > 10 for reasons in marked.values() for why in reasons)


def test_the_tester_notices_another_output_and_an_unknown_option() -> None:
    with pytest.raises(AssertionError):
        _agree("1.0", "2.0", "here")
    with pytest.raises(pytest.fail.Exception, match="--no-such"):
        _parses(["run", "--no-such"], "here")
    with pytest.raises(AssertionError):
        _check(["pytest", "--gradsuite-no-such=1"], "here")

"""The example workflows parse, each command in them is one that the tool has, and what they say together works."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from gradsuite import cli
from tests.cli.conftest import Command

EXAMPLES = Path(__file__).parents[2] / "examples" / "ci"
GITHUB = yaml.safe_load((EXAMPLES / "github-actions.yml").read_text(encoding="utf-8"))
GITLAB = yaml.safe_load((EXAMPLES / "gitlab-ci.yml").read_text(encoding="utf-8"))
TOX = ConfigParser(interpolation=None)
TOX.read(EXAMPLES / "tox.ini")


def _shell_lines() -> Iterator[str]:
    """Every line of shell in the three files."""
    for job in GITHUB["jobs"].values():
        for step in job["steps"]:
            yield from step.get("run", "").splitlines()
    for job in GITLAB.values():
        if isinstance(job, dict):
            yield from job.get("script", ())
    for line in TOX["testenv"]["commands"].splitlines():
        yield line.partition(": ")[2]


COMMANDS = [line.split(" > ")[0] for line in map(str.strip, _shell_lines()) if line.startswith("gradsuite ")]


def test_the_commands_are_found() -> None:
    assert {command.split()[1] for command in COMMANDS} == {"run", "check", "report", "diff", "history"}
    assert all(line.strip().startswith("gradsuite ") for line in _shell_lines() if "gradsuite " in line)


@pytest.mark.parametrize("line", COMMANDS)
def test_each_command_is_one_that_the_tool_has(line: str) -> None:
    command: click.Command = cli.gradsuite
    arguments = shlex.split(line.replace(" {posargs}", ""))[1:]
    context = click.Context(command)
    while isinstance(command, click.Group):
        name, found, arguments = command.resolve_command(context, arguments)
        assert found, line
        command, context = found, click.Context(found, parent=context, info_name=name)
    command.make_context(context.info_name, arguments)  # refuses an unknown option and a missing argument


def _environments() -> set[str]:
    """``py312-torch{212,213}-{cpu,cuda}`` in full."""
    names = {TOX["tox"]["env_list"].strip()}
    while any("{" in name for name in names):
        parts = [re.split(r"\{(.*?)\}", name, maxsplit=1) for name in names]
        names = {head + choice + tail for head, choices, tail in parts for choice in choices.split(",")}
    return names


def test_the_matrix_is_that_of_tox() -> None:
    github = [entry["env"] for entry in GITHUB["jobs"]["gradients"]["strategy"]["matrix"]["include"]]
    gitlab = [
        name
        for job in ("gradients-cpu", "gradients-cuda")
        for entry in GITLAB[job]["parallel"]["matrix"]
        for name in entry["TOX_ENV"]
    ]
    assert set(github) == set(gitlab) == _environments()
    assert {name.rsplit("-", 1)[1] for name in github} == {"cpu", "cuda"}


def test_every_job_is_reported_whether_or_not_it_failed() -> None:
    steps: list[dict[str, Any]] = [step for job in GITHUB["jobs"].values() for step in job["steps"]]
    assert all(step.get("if") == "always()" for step in steps if "upload" in step.get("uses", ""))
    assert GITHUB["jobs"]["report"]["if"] == "always()"
    assert GITLAB[".gradients"]["artifacts"]["when"] == GITLAB["report"]["when"] == "always"


def test_what_the_report_job_does_works(command: Command, folder: Path) -> None:
    """Two machines, merged; compared with the last run; added to the history."""
    for name, checks in (("runs/gradients-a", "value"), ("runs/gradients-b", "reverse"), ("last", "value,reverse")):
        command("run", "--checks", checks, "--report-dir", name)
    runs = sorted(str(path.relative_to(folder)) for path in (folder / "runs").iterdir())
    for line in dict.fromkeys(line for line in COMMANDS if line.split()[1] in ("report", "diff", "history")):
        arguments = [part for word in shlex.split(line)[1:] for part in (runs if word.endswith("/*") else [word])]
        assert command(*arguments)[0] == 0, line
    written = {path.name for path in (folder / "merged").iterdir()}
    assert {"index.html", "results.jsonl", "summary.md", "changes.html", "history.html"} <= written

"""The README's commands and its spec are true."""

from __future__ import annotations

import re
import shlex
from configparser import ConfigParser
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_both_commands_are_one_line_and_run_environments_that_exist() -> None:
    main, tests = (block.strip() for block in _blocks("sh")[:2])
    tox = ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini")
    assert "\n" not in main + tests
    assert shlex.split(main)[-1] == "main"
    assert shlex.split(tests)[-1] == "py311-torch213-cpu"
    assert {"main", "py311-torch213-cpu"} <= {name.strip() for name in tox["tox"]["env_list"].split(",")}
    assert "testenv:main" in tox


def test_ci_runs_the_command_for_tests() -> None:
    found = [line for line in README.splitlines() if "-e py311-torch213-cpu" in line]
    assert len(found) == 1
    assert "-m 1 -e '-e py311-torch213-cpu' README.md" in (ROOT / ".ci" / "run").read_text()


def test_the_spec_is_sound_and_is_what_the_catalogue_declares(tmp_path: Path) -> None:
    from gradsuite.spec import load

    shown = tmp_path / "softmax.grad.yaml"
    shown.write_text(_blocks("yaml")[0], encoding="utf-8")
    mine, own = load(shown), load(ROOT / "specs" / "activation" / "softmax.grad.yaml")
    assert mine.op == own.op
    assert mine.definitions[0].derivative["x"].formula.text == own.definitions[0].derivative["x"].formula.text


def test_every_link_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target

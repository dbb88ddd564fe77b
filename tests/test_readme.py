"""The README's commands and its spec are true."""

from __future__ import annotations

import re
import shlex
from configparser import ConfigParser
from pathlib import Path

from gradsuite.plan import plan
from gradsuite.reporters.text import case_text
from gradsuite.runner import Session
from gradsuite.spec import load

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def _blocks(language: str) -> list[str]:
    """The fenced blocks in ``language``."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    return [text for named, text in found if named == language]


def test_both_commands_are_one_line_and_run_environments_that_exist() -> None:
    main, tests = (block.strip() for block in _blocks("sh")[:2])
    tox = ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini")
    assert "\n" not in main + tests
    assert shlex.split(main)[-1] == "main"
    assert shlex.split(tests)[-1] == "py311-torch213-cpu"
    assert {"main", "py311-torch213-cpu"} <= {name.strip() for name in tox["tox"]["env_list"].split(",")}
    assert "testenv:main" in tox


def test_ci_runs_both_commands() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    assert "for environment in py311-torch213-cpu main; do" in script
    assert 'grep -m 1 -e "tox run -e $environment\\$" README.md' in script
    for environment in ("py311-torch213-cpu", "main"):
        assert sum(line.endswith(f"tox run -e {environment}") for line in README.splitlines()) == 1


def test_the_spec_is_that_of_the_catalogue() -> None:
    assert _blocks("yaml") == [(ROOT / "specs" / "activation" / "softmax.grad.yaml").read_text(encoding="utf-8")]


def test_the_failure_is_told_as_shown(tmp_path: Path) -> None:
    """Its sentence is: the numbers, and at how many samples it shows, are those of one search."""
    wrong = re.sub(r"(?m)^  x: \{jacobian: .*$", '  x: {elementwise: "y**2 - y"}', _blocks("yaml")[0])
    path = tmp_path / "softmax.grad.yaml"
    path.write_text(wrong, encoding="utf-8")
    (case,) = plan([load(path)], checks=["reverse"], dtypes=["float64"])
    told = case_text(Session(profile="quick").run(case)).splitlines()
    sentence = next(line for line in _blocks("")[0].splitlines() if "is wrong" in line)
    assert any(line.startswith(sentence) for line in told)


def test_every_link_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target

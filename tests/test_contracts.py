"""What the repository promises about itself: layers, types, style, what an import costs, what is pinned."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from itertools import chain
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def _tool(name: str, *arguments: str) -> None:
    """Runs a developer's tool of this environment; its output is the failure's message."""
    found = shutil.which(name, path=str(Path(sys.executable).parent))
    assert found, f"{name} is not installed beside {sys.executable}: install gradsuite[dev]"
    done = subprocess.run([found, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_layers() -> None:
    _tool("lint-imports", "--no-cache")


def test_types() -> None:
    _tool("mypy")


def test_style() -> None:
    _tool("ruff", "check", "--no-cache", ".")
    _tool("ruff", "format", "--no-cache", "--check", ".")


@pytest.mark.parametrize(
    "module",
    [
        "gradsuite",
        "gradsuite.plan",
        "gradsuite.results",
        "gradsuite.spec.loader",
        "gradsuite.reporters",
        "gradsuite.catalogue",
        "gradsuite.cli",
    ],
)
def test_what_needs_no_torch_imports_none(module: str) -> None:
    code = f"import sys, {module}; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def _names(requirements: list[str]) -> set[str]:
    return {re.split(r"[<>=!~; \[]", line, maxsplit=1)[0].lower().replace("_", "-") for line in requirements}


def test_every_dependency_is_pinned() -> None:
    """tox rebuilds its environment where constraints.txt changed, and only there."""
    pins = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    assert all("==" in line for line in pins)
    wanted = _names([*PROJECT["dependencies"], *chain(*PROJECT["optional-dependencies"].values()), "tox", "hatchling"])
    assert wanted <= _names(pins)


def test_torch_is_no_build_requirement() -> None:
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    assert _names(build) == {"hatchling"}


def test_the_catalogue_is_in_the_wheel(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    held = set(ZipFile(wheel).namelist())
    assert {f"gradsuite/_{path.relative_to(ROOT).as_posix()}" for path in ROOT.glob("specs/**/*.grad.yaml")} <= held
    assert {"gradsuite/_waivers/README.md", "gradsuite/py.typed", "gradsuite/spec/grad-spec.schema.json"} <= held


def test_no_tolerance_has_a_name() -> None:
    """Nothing that gradsuite compares has a bound which someone chose; ``dropin`` takes torch's, and ignores them."""
    named = re.compile(r"\b(atol|rtol)\b")
    sources = {*ROOT.glob("gradsuite/**/*.py"), *ROOT.glob("specs/**/*.yaml")} - {ROOT / "gradsuite/dropin.py"}
    assert not [str(path) for path in sources if named.search(path.read_text(encoding="utf-8"))]


def test_every_module_has_a_docstring_and_a_modest_size() -> None:
    for path in ROOT.glob("gradsuite/**/*.py"):
        text = path.read_text(encoding="utf-8")
        assert text.startswith('"""'), f"{path} has no docstring"
        assert text.count("\n") <= 400, f"{path} is long: split it"

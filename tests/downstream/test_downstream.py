"""A project that adds an op, a domain, a layout, a check, a device and a section: installed, and then run both ways."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gradsuite.results import CaseResult, Outcome, read

ROOT = Path(__file__).parents[2]
PROJECT = Path(__file__).parent / "project"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which the project is installed, from its wheel."""
    source, site = tmp_path_factory.mktemp("source") / "project", tmp_path_factory.mktemp("site")
    shutil.copytree(PROJECT, source)
    built = (sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(site))
    subprocess.run(built, cwd=source, check=True, capture_output=True)
    (wheel,) = site.glob("*.whl")
    shutil.unpack_archive(wheel, site, "zip")
    return site


def _run(site: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join((str(site), str(ROOT)))
    environment = {**os.environ, "PYTHONPATH": path, "PYTEST_ADDOPTS": "-p no:randomly -p no:cacheprovider"}
    return subprocess.run(
        (sys.executable, "-m", *arguments), cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def _outcomes(folder: Path) -> dict[tuple[str, str], Outcome]:
    found = [line for line in read(folder / "results.jsonl") if isinstance(line, CaseResult)]
    assert all(result.samples for result in found)
    return {(result.device, result.check): result.outcome for result in found}


def test_the_command_line_knows_all_of_it(site: Path, tmp_path: Path) -> None:
    done = _run(
        site, tmp_path, "gradsuite", "run", "--ops", "tangent", "--checks", "finite,reverse",
        "--device", "cpu", "--device", "stand_in", "--dtype", "float64", "--profile", "quick", "--jobs", "1",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    checks = ("finite", "reverse")
    wanted = {(device, check): Outcome.PASSED for device in ("cpu", "stand_in") for check in checks}
    assert _outcomes(tmp_path / "reports") == wanted
    assert "<p>Ours: tangent</p>" in (tmp_path / "reports" / "index.html").read_text(encoding="utf-8")


def test_pytest_knows_all_of_it_and_what_the_suite_adds(site: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(PROJECT, project)
    options = ("--gradsuite-checks=cotangent_layout,finite_again", "--gradsuite-dtype=float64")
    done = _run(site, project / "tests", "pytest", *options, "--gradsuite-report=out")
    assert done.returncode == 0, done.stdout + done.stderr
    wanted = {("cpu", check): Outcome.PASSED for check in ("cotangent_layout", "finite_again")}
    assert _outcomes(project / "tests" / "out") == wanted
    assert "profile quick (pyproject.toml)" in done.stdout

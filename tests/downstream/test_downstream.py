"""A project that adds an op, a domain, a layout, a check, a device and a section: by entry points once it is installed,
and by hooks where it is not; on the command line, and under pytest.
"""

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


def _results(folder: Path) -> list[CaseResult]:
    found = [line for line in read(folder / "results.jsonl") if isinstance(line, CaseResult)]
    assert all(result.samples for result in found)
    return found


def _outcomes(folder: Path) -> dict[tuple[str, str], Outcome]:
    return {(result.device, result.check): result.outcome for result in _results(folder)}


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
    devices = ("--gradsuite-device=cpu", "--gradsuite-device=stand_in")
    done = _run(site, project / "tests", "pytest", *options, *devices, "--gradsuite-report=out")
    assert done.returncode == 0, done.stdout + done.stderr
    places = [(device, check) for device in ("cpu", "stand_in") for check in ("cotangent_layout", "finite_again")]
    assert _outcomes(project / "tests" / "out") == dict.fromkeys(places, Outcome.PASSED)
    assert "profile quick (pyproject.toml)" in done.stdout


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The project as it lies in its repository: nothing of it is installed, and no entry point is known."""
    project = tmp_path / "project"
    shutil.copytree(PROJECT, project)
    (project / "pyproject.toml").write_text('[tool.pytest.ini_options]\ngradsuite_profile = "quick"\n')
    shutil.copy(PROJECT / "suite" / "careless.py", project)
    return project


def _suite(project: Path, *options: str) -> subprocess.CompletedProcess[str]:
    shown = ("--gradsuite-dtype=float64", "--gradsuite-report=out", *options)
    return _run(project, project / "suite", "pytest", *shown)


def test_a_suite_adds_all_of_it_by_hooks_alone(project: Path) -> None:
    devices = ("--gradsuite-device=cpu", "--gradsuite-device=stand_in", "--gradsuite-require-device=stand_in")
    done = _suite(project, "--gradsuite-checks=cotangent_layout,finite,reverse", *devices)
    found = {(r.name, r.device, r.check): r for r in _results(project / "suite" / "out")}
    checks = ("cotangent_layout", "finite", "reverse")
    assert set(found) == {(op, on, c) for op in ("tangent", "double") for on in ("cpu", "stand_in") for c in checks}
    failed = {place: result for place, result in found.items() if result.outcome is not Outcome.PASSED}
    # One op is wrong in the layout that the suite added, and nowhere else.
    assert set(failed) == {("double", device, "cotangent_layout") for device in ("cpu", "stand_in")}, done.stdout
    assert all("in padded rows" in result.failures[0].sentence for result in failed.values())
    assert "<p>Ours: tangent</p>" in (project / "suite" / "out" / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("family", "said"),
    [
        ("domains", "unknown domain 'angle'"),
        ("checks", "'finite'"),
        ("devices", "'stand_in'"),
    ],
)
def test_without_its_hook_the_suite_does_not_know_what_it_names(project: Path, family: str, said: str) -> None:
    hooks = project / "suite" / "conftest.py"
    hooks.write_text(hooks.read_text().replace(f"pytest_gradsuite_{family}", f"no_hook_for_{family}"))
    done = _suite(project, "--gradsuite-checks=finite", "--gradsuite-device=stand_in")
    assert done.returncode not in (0, 1)
    assert said in done.stdout + done.stderr


def test_without_its_hooks_the_suite_has_neither_the_op_nor_the_section_nor_the_layout(project: Path) -> None:
    hooks = project / "suite" / "conftest.py"
    text = hooks.read_text()
    for family in ("specs", "sections", "layouts"):
        text = text.replace(f"pytest_gradsuite_{family}", f"no_hook_for_{family}")
    hooks.write_text(text)
    done = _suite(project, "--gradsuite-checks=cotangent_layout")
    assert done.returncode == 0, done.stdout + done.stderr  # the mistake shows in that layout alone
    assert {result.name for result in _results(project / "suite" / "out")} == {"double"}
    assert "Ours:" not in (project / "suite" / "out" / "index.html").read_text(encoding="utf-8")

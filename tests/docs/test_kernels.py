"""The pages on kernels, whose code needs more than torch: written to files, and run as a reader would."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT, blocks


def required(what: str) -> bool:
    """Whether this run may not do without it: CI says so, for what is skipped there nobody sees."""
    return os.environ.get(f"GRADSUITE_REQUIRE_{what}") == "1"


HEADERS = Path(sysconfig.get_path("include")) / "Python.h"
COMPILER = all(map(shutil.which, ("g++", "ninja"))) or required("COMPILER")
needs_compiler = pytest.mark.skipif(
    not (COMPILER and HEADERS.exists()), reason="g++, ninja or Python's headers are not installed"
)
needs_triton = pytest.mark.skipif(
    find_spec("triton") is None and not required("TRITON"), reason="Triton is not installed (tox run -e triton)"
)


def write(page: str, folder: Path) -> None:
    """The page's files, as it shows them."""
    for block in blocks((ROOT / "docs" / "how-to" / page).read_text(encoding="utf-8")):
        if block.title:
            (folder / block.title).write_text(block.text, encoding="utf-8")


def run(folder: Path, *paths: str, **variables: str) -> str:
    """What pytest prints of the files in ``folder``; nothing may fail."""
    path = os.pathsep.join((str(folder), str(ROOT), os.environ.get("PYTHONPATH", "")))
    environment = {**os.environ, "PYTHONPATH": path, "PYTEST_ADDOPTS": "-p no:randomly -p no:cacheprovider"}
    command = (sys.executable, "-m", "pytest", "-q", "--gradsuite-profile=quick", *paths)
    done = subprocess.run(
        command, cwd=folder, env={**environment, **variables}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@needs_compiler
def test_the_extension_is_compiled_and_checked(tmp_path: Path) -> None:
    """The test of the page, the spec of the page, and what the page says of forward mode."""
    write("cpp-extension.md", tmp_path)
    told = run(
        tmp_path, "test_extension.py", "cube.grad.yaml", "-rs", "--gradsuite-dtype=float64",
        TORCH_EXTENSIONS_DIR=str(tmp_path / "build"),
    )  # fmt: skip
    assert " passed" in told
    assert any(line.startswith("SKIPPED") and "jvp is not implemented" in line for line in told.splitlines())


@needs_triton
def test_the_triton_kernel_under_its_interpreter(tmp_path: Path) -> None:
    """Without ``device="cuda"``, as the page says."""
    write("triton.md", tmp_path)
    test = tmp_path / "test_kernels.py"
    shown = test.read_text(encoding="utf-8")
    assert ', device="cuda"' in shown
    test.write_text(shown.replace(', device="cuda"', ""), encoding="utf-8")
    assert "1 passed" in run(tmp_path, "test_kernels.py", TRITON_INTERPRET="1")


@needs_triton
def test_a_triton_kernel_without_its_mask_is_found(tmp_path: Path) -> None:
    """The first row of the page's table."""
    write("triton.md", tmp_path)
    kernels = tmp_path / "kernels.py"
    shown = kernels.read_text(encoding="utf-8")
    wrong = shown.replace("ct = tl.load(ct_at + i, mask=i < n)", "ct = tl.load(ct_at + i, mask=i < 256)")
    assert wrong != shown
    kernels.write_text(wrong, encoding="utf-8")
    found = (
        "import torch\nimport gradsuite\nfrom kernels import silu\n\n\n"
        "def test_it():\n    report = gradsuite.check(silu, (torch.randn(4, 3),), dtypes=[torch.float32])\n"
        "    assert report.verdict == 'failed' and report.culprit == 'backward', str(report)\n"
    )
    (tmp_path / "test_found.py").write_text(found, encoding="utf-8")
    assert "1 passed" in run(tmp_path, "test_found.py", TRITON_INTERPRET="1")

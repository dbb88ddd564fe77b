"""``doctor`` says what is here and what is missing, and fails only where gradsuite cannot work."""

from __future__ import annotations

import shutil
from importlib import import_module, metadata

import pytest
import torch

from tests.cli.conftest import Command

module = import_module("gradsuite.cli.doctor")  # the package's own name for it is the command


def test_what_is_here_is_told(command: Command) -> None:
    code, out = command("doctor")
    assert code == 0
    for told in (torch.__version__, "python-flint", "cpu", "float32 matmul precision", "denormal numbers", "threads"):
        assert told in out


def test_what_is_optional_and_missing_is_no_failure(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(module, "find_spec", lambda _: None)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    code, out = command("doctor")
    assert code == 0
    for mend in ("pip install 'gradsuite[opinfo]'", "apt install g++", "apt install chromium", "no GPU"):
        assert mend in out


def test_what_is_required_and_missing_is_a_failure(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        if name == "python-flint":
            raise metadata.PackageNotFoundError(name)
        return "1.0"

    monkeypatch.setattr(module, "version", version)
    code, out = command("doctor")
    assert code == 1
    assert "pip install 'python-flint>=" in out
    assert "1.0, but >=1.26 is needed; pip install 'numpy>=1.26'" in out


def test_what_raises_is_a_finding(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> str:
        raise ImportError("no symbol")

    monkeypatch.setattr(torch, "get_default_dtype", broken)
    code, out = command("doctor")
    assert code == 1
    assert "ImportError: no symbol" in out

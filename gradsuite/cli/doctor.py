"""``gradsuite doctor``: what this environment has, which of its settings change numerics, and what is missing."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from typing import NamedTuple

import click
from packaging.requirements import Requirement

COMPILERS = ("c++", "g++", "clang++")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


class Finding(NamedTuple):
    """One line: ``mend`` says how to get what is missing; ``broken``, that gradsuite does not work without it."""

    name: str
    value: str
    mend: str = ""
    broken: bool = False


@click.command()
def doctor() -> int:
    """Show devices, versions and the settings that change numerics, and what is missing with how to get it.

    Exit codes: 0, gradsuite works here; 1, something that it requires is missing or broken.
    """
    parts = {"Versions": _versions, "Devices": _devices, "Settings that change numerics": _settings, "Extras": _extras}
    broken = False
    for title, findings in parts.items():
        click.echo(title)
        for found in _safely(findings()):
            broken = broken or found.broken
            mark = "✕" if found.broken else "–" if found.mend else "✓"
            click.echo(f"  {mark} {found.name:<32} {found.value}{f'; {found.mend}' if found.mend else ''}")
    return int(broken)


def _safely(findings: Iterator[Finding]) -> Iterator[Finding]:
    """What is found until something raises: what a broken installation raises is a finding, too."""
    try:
        yield from findings
    except Exception as error:
        yield Finding("stopped", f"{type(error).__name__}: {error}", "install it again", broken=True)


def _versions() -> Iterator[Finding]:
    yield Finding("python", platform.python_version())
    yield Finding("gradsuite", version("gradsuite"))
    for needed in map(Requirement, requires("gradsuite") or ()):
        if needed.marker is None:  # the others are extras
            yield _required(needed)


def _required(needed: Requirement) -> Finding:
    mend = f"pip install '{needed}'"
    try:
        found = version(needed.name)
    except PackageNotFoundError:
        return Finding(needed.name, "missing", mend, broken=True)
    if needed.specifier.contains(found, prereleases=True):
        return Finding(needed.name, found)
    return Finding(needed.name, f"{found}, but {needed.specifier} is needed", mend, broken=True)


def _devices() -> Iterator[Finding]:
    from gradsuite import devices

    for name in devices.names():
        device = devices.get(name)
        here = device.available()
        told = ", ".join(f"{key} {value}" for key, value in device.flags().items()) if here else "absent"
        yield Finding(name, told or "here", "" if here else device.missing)


def _settings() -> Iterator[Finding]:
    """gradsuite sets one thread a process while it measures; the rest it leaves as it is, and records."""
    import torch

    yield Finding("default dtype", str(torch.get_default_dtype()))
    yield Finding("float32 matmul precision", torch.get_float32_matmul_precision())
    yield Finding("deterministic algorithms", str(torch.are_deterministic_algorithms_enabled()))
    yield _denormal()
    yield Finding("threads", str(torch.get_num_threads()))


def _denormal() -> Finding:
    import torch

    flushed = bool((torch.full((64,), 2.0**-1060, dtype=torch.float64) * 2 == 0).all())
    mend = "results near zero are lost: torch.set_flush_denormal(False), and no -ffast-math library" if flushed else ""
    return Finding("denormal numbers", "flushed to zero" if flushed else "kept", mend)


def _extras() -> Iterator[Finding]:
    missing = [name for name in ("expecttest", "scipy") if find_spec(name) is None]
    yield _extra("gradsuite run --opinfo", not missing, f"{' and '.join(missing)}: pip install 'gradsuite[opinfo]'")
    yield _extra("the check compiled", _which(COMPILERS), "torch.compile needs a C++ compiler: apt install g++")
    yield _extra("pytest -n auto", find_spec("xdist") is not None, "pip install pytest-xdist")
    drives = find_spec("playwright") is not None
    mend = "apt install chromium" if drives else "pip install playwright axe-playwright-python, apt install chromium"
    yield _extra("tests of the report's page", drives and _which(BROWSERS), f"they are read in Chromium: {mend}")


def _extra(name: str, here: bool, mend: str) -> Finding:
    return Finding(name, "ready" if here else "missing", "" if here else mend)


def _which(programs: tuple[str, ...]) -> bool:
    return any(map(shutil.which, programs))

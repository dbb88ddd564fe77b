"""The plugin's settings: each an option, an environment variable and an ini key, the first that is given counts.

``--gradsuite-require-device``, ``GRADSUITE_REQUIRE_DEVICE``, ``gradsuite_require_device``. Where several names may be
given, they are separated by commas or spaces, or the option is repeated.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest

from gradsuite.errors import GradsuiteError, UsageError

PROFILES = ("quick", "default", "thorough")
MODES = ("replace", "shadow")


@dataclass(frozen=True)
class Setting:
    """One setting, ``name`` as in its option. ``kind``: several names, one word, or a path."""

    name: str
    help: str
    kind: Literal["names", "word", "path"] = "names"

    @property
    def option(self) -> str:
        """``--gradsuite-require-device``."""
        return f"--gradsuite-{self.name}"

    @property
    def ini(self) -> str:
        """``gradsuite_require_device``."""
        return f"gradsuite_{self.name.replace('-', '_')}"

    @property
    def variable(self) -> str:
        """``GRADSUITE_REQUIRE_DEVICE``."""
        return self.ini.upper()


SETTINGS = {
    setting.name: setting
    for setting in (
        Setting("device", "Run on these devices; default: cpu, and for examples the device on which they lie."),
        Setting("dtype", "Run in these dtypes alone; default: all that an op takes."),
        Setting("checks", "Run these checks alone; default: all but those on request."),
        Setting("profile", f"How many samples: {', '.join(PROFILES)}.", "word"),
        Setting("seed", "Other samples of the same kind; default: --hypothesis-seed, if that is given, or 0.", "word"),
        Setting("timeout", "Seconds that a case may take, or is interrupted; default: 60.", "word"),
        Setting("waivers", "A file of waivers, or a folder with one for each torch; default: waivers.", "path"),
        Setting("report", "Record every case in this folder, and write the reports there.", "path"),
        Setting("require-device", "Refuse to start where these are absent: a run that skips all must not pass."),
        Setting(
            "gradcheck",
            "Let gradsuite answer the suite's own calls of torch.autograd.gradcheck and gradgradcheck (replace); or "
            "let it only look on, and report where it differs (shadow).",
            "word",
        ),
    )
}


@dataclass(frozen=True)
class Given:
    """What was given for a setting, as text, and where."""

    words: tuple[str, ...]
    origin: str

    @property
    def last(self) -> str:
        """The word that counts where there is room for one."""
        return self.words[-1]


def declare(parser: pytest.Parser) -> None:
    """Declares every option and ini key."""
    group = parser.getgroup("gradsuite", "gradients of ops: *.grad.yaml, the marker gradsuite, gradsuite_check")
    for setting in SETTINGS.values():
        names = setting.kind == "names"
        also = f" Also {setting.variable}, or {setting.ini} in the ini file."
        group.addoption(
            setting.option, action="append", metavar="NAMES" if names else setting.kind.upper(),
            help=setting.help + (" Repeatable." if names else "") + also,
        )  # fmt: skip
        if names:
            parser.addini(setting.ini, setting.help, type="args", default=None)
        else:
            parser.addini(setting.ini, setting.help, type="string", default=None)


def given(config: pytest.Config) -> dict[str, Given]:
    """What was given for each setting: by option, else by environment, else in the ini file."""
    found = {name: _given(setting, config) for name, setting in SETTINGS.items()}
    return {name: each for name, each in found.items() if each is not None}


def _given(setting: Setting, config: pytest.Config) -> Given | None:
    ini = config.getini(setting.ini)
    sources: tuple[tuple[Any, str], ...] = (
        (config.getoption(setting.option), setting.option),
        (os.environ.get(setting.variable), setting.variable),
        (ini, config.inipath.name if config.inipath else "ini"),
    )
    for value, origin in sources:
        if words := _words(setting, value):
            return Given(words, origin)
    return None


def _words(setting: Setting, value: str | list[str] | None) -> tuple[str, ...]:
    parts = [value] if isinstance(value, str) else list(value or ())
    if setting.kind != "names":
        return tuple(part for part in parts if part)
    return tuple(name for part in parts for name in part.replace(",", " ").split())


@dataclass(frozen=True)
class Settings:
    """The effective values. Empty selections mean all there are."""

    devices: tuple[str, ...]
    dtypes: tuple[str, ...]
    checks: tuple[str, ...]
    profile: str
    seed: int
    timeout: float | None  # seconds; None: as long as anywhere else
    waivers: Path | None
    report: Path | None
    gradcheck: str
    required: tuple[str, ...]  # devices
    origins: Mapping[str, str]

    def __str__(self) -> str:
        """``device cuda (--gradsuite-device), profile quick (tox.ini), seed 0 (default)``."""
        shown = {
            "device": ", ".join(self.devices) or "cpu", "dtype": ", ".join(self.dtypes) or "all",
            "checks": ", ".join(self.checks) or "all", "profile": self.profile, "seed": self.seed,
            "timeout": self.timeout and f"{self.timeout:g} s", "waivers": self.waivers,
            "report": self.report, "gradcheck": self.gradcheck,
            "require-device": ", ".join(self.required),
        }  # fmt: skip
        set_ones = {name: value for name, value in shown.items() if value not in (None, "")}
        return ", ".join(f"{name} {value} ({self.origins.get(name, 'default')})" for name, value in set_ones.items())


def understood(config: pytest.Config) -> Settings:
    """The effective settings. Raises UsageError, which names the origin, for what cannot be; imports what is asked for.

    Raises UsageError, too, where a required device is absent.
    """
    said = given(config)
    origins = {name: each.origin for name, each in said.items()}
    for name in ("require-device", "device"):
        _checked(said.get(name), _require)
    dtypes, checks = _checked(said.get("dtype"), _dtypes), _checked(said.get("checks"), _checks)
    seed = _seed(said.get("seed"), config)
    if "seed" not in said and seed:
        origins["seed"] = "--hypothesis-seed"
    waivers = _path(said.get("waivers"), config)
    if waivers and not waivers.exists():
        raise UsageError(f"{origins['waivers']}: there is no file or folder {str(waivers)!r}")
    return Settings(
        said["device"].words if "device" in said else (), dtypes, checks,
        _one_of(said.get("profile"), "profile", PROFILES) or "default", seed,
        _seconds(said.get("timeout")), waivers,
        _path(said.get("report"), config), _one_of(said.get("gradcheck"), "mode", MODES),
        said["require-device"].words if "require-device" in said else (), origins,
    )  # fmt: skip


def _checked(said: Given | None, check: Callable[[tuple[str, ...]], tuple[str, ...]]) -> tuple[str, ...]:
    if said is None:
        return ()
    try:
        return check(said.words)
    except GradsuiteError as fault:
        raise UsageError(f"{said.origin}: {fault}") from fault


def _require(names: tuple[str, ...]) -> tuple[str, ...]:
    from gradsuite.devices import require

    return tuple(require(name).name for name in names)


def _dtypes(names: tuple[str, ...]) -> tuple[str, ...]:
    from gradsuite.plan import DTYPES, chosen

    return chosen("dtype", names, DTYPES)


def _checks(names: tuple[str, ...]) -> tuple[str, ...]:
    from gradsuite.plan import checks_of

    return checks_of(names)


def _one_of(said: Given | None, kind: str, known: tuple[str, ...]) -> str:
    if said is None:
        return ""
    if said.last not in known:
        raise UsageError(f"{said.origin}: unknown {kind} {said.last!r}; give one of {', '.join(known)}")
    return said.last


def _seed(said: Given | None, config: pytest.Config) -> int:
    if said is None:
        hypothesis = str(config.getoption("--hypothesis-seed", None))
        return int(hypothesis) if hypothesis.isdecimal() else 0
    try:
        return int(said.last)
    except ValueError as error:
        raise UsageError(f"{said.origin}: the seed {said.last!r} is no whole number") from error


def _seconds(said: Given | None) -> float | None:
    if said is None:
        return None
    try:
        seconds = float(said.last)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < math.inf:
        raise UsageError(f"{said.origin}: the timeout {said.last!r} is no number of seconds")
    return seconds


def _path(said: Given | None, config: pytest.Config) -> Path | None:
    """From the folder in which pytest was started, or from that of the ini file, where it stands there."""
    if said is None:
        return None
    in_ini = config.inipath is not None and said.origin == config.inipath.name
    return (config.inipath.parent if in_ini and config.inipath else config.invocation_params.dir) / said.last

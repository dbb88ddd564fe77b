"""The waivers that hold for a run."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from gradsuite import devices
from gradsuite.errors import Fault, SpecError
from gradsuite.plan import plan
from gradsuite.spec import Waivers, catalogue, load_waivers
from gradsuite.spec.definition import Spec
from gradsuite.spec.waivers import waiver_file


def current(kind: str = "", torch: str | None = None) -> tuple[Waivers, list[Fault]]:
    """The waivers for a release of torch, the installed one unless given, and the faults of their file.

    They lie in subfolder ``kind``. Imports no torch.
    """
    file = waiver_file(folder() / kind, torch or version("torch"))
    return load(file) if file else (Waivers(), [])


def load(file: Path) -> tuple[Waivers, list[Fault]]:
    """The waivers in ``file``; none where it has faults."""
    try:
        return load_waivers(file), []
    except SpecError as error:
        return Waivers(), error.faults


def folder() -> Path:
    """The working directory's ``waivers``, or else the catalogue's."""
    here = Path("waivers")
    return here if here.is_dir() else catalogue.folder("waivers")


def unmatched(waivers: Waivers, specs: Sequence[Spec]) -> list[Fault]:
    """A fault for each waiver that covers no case of ``specs`` (the whole catalogue), on any known device."""
    return waivers.unmatched([case.id for case in plan(specs, devices=devices.names())])

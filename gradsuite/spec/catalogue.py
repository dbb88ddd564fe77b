"""Where the catalogue lies: beside the package in a source tree, inside it in an installed wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def folder(kind: str) -> Path:
    """The folder of ``kind``, which is ``specs`` or ``waivers``; it may be absent."""
    shipped = _PACKAGE / f"_{kind}"
    return shipped if shipped.is_dir() else _PACKAGE.parent / kind


def name_of(path: Path) -> str:
    """The name that a file goes by in ids: ``specs/activation/softmax.grad.yaml``.

    Files of the catalogue have the same name wherever it lies; others are named from the working directory, if
    they are below it.
    """
    for kind in ("specs", "waivers"):
        if path.resolve().is_relative_to(folder(kind).resolve()):
            return (Path(kind) / path.resolve().relative_to(folder(kind).resolve())).as_posix()
    here = Path.cwd()
    return (path.resolve().relative_to(here) if path.resolve().is_relative_to(here) else path).as_posix()

"""Where the catalogue lies: beside the package in a source tree, inside it in an installed wheel.

Other projects add their ops to it as ``extensions`` says: a package whose folder holds specs.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from gradsuite import extensions
from gradsuite.errors import UsageError

_PACKAGE = Path(__file__).resolve().parents[1]


def folder(kind: str) -> Path:
    """The folder of ``kind``, which is ``specs`` or ``waivers``; it may be absent."""
    shipped = _PACKAGE / f"_{kind}"
    return shipped if shipped.is_dir() else _PACKAGE.parent / kind


def added() -> dict[str, Path]:
    """The folders of specs that other projects add, by their dotted names. Raises UsageError where there is none."""
    return {each.module: _folder_of(each) for each in extensions.added("specs").values()}


def _folder_of(extension: extensions.Extension) -> Path:
    """Where the package lies; it is not imported, only what it is a part of."""
    try:
        found = find_spec(extension.module)
    except Exception as error:  # of a package around it
        raise UsageError(f"{extension}: {extension.module!r} cannot be found: {error}") from error
    if found is None or not found.submodule_search_locations:
        raise UsageError(f"{extension}: {extension.module!r} is no package; name the one whose folder holds the specs")
    return Path(found.submodule_search_locations[0])


def name_of(path: Path) -> str:
    """The name that a file goes by in ids: ``specs/activation/softmax.grad.yaml``.

    Files of the catalogue have the same name wherever it lies, and so have those that other projects add to it
    (``kernels/specs/scale.grad.yaml``); others are named from the working directory, if they are below it.
    """
    homes = [(kind, folder(kind)) for kind in ("specs", "waivers")]
    homes += [(module.replace(".", "/"), found) for module, found in added().items()]
    for name, home in homes:
        if path.resolve().is_relative_to(home.resolve()):
            return (Path(name) / path.resolve().relative_to(home.resolve())).as_posix()
    here = Path.cwd()
    return (path.resolve().relative_to(here) if path.resolve().is_relative_to(here) else path).as_posix()

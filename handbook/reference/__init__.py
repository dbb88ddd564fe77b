"""The reference, made from the code: a module here that defines ``PAGE`` and ``page()`` is found, and nothing else
is edited.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module


def pages() -> dict[str, str]:
    """Every page of the reference: its address on the site, and its Markdown."""
    modules = [import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
    return {f"reference/{module.PAGE}": module.page() for module in modules}

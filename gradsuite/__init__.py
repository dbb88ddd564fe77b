"""Says whether the gradient of a PyTorch op is right, and if not: which side is wrong, where, and by how much.

>>> import gradsuite
>>> report = gradsuite.check(my_function, (x, w))
>>> report.raise_for_failure()

Names are looked up on first use: importing gradsuite imports neither torch nor hypothesis.
"""

from __future__ import annotations

from importlib import import_module, metadata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradsuite.api import GradientError, Input, Report, check
    from gradsuite.dropin import gradcheck, gradgradcheck

__all__ = ["GradientError", "Input", "Report", "__version__", "check", "gradcheck", "gradgradcheck"]

_HOMES = {
    "GradientError": "api",
    "Input": "api",
    "Report": "api",
    "check": "api",
    "gradcheck": "dropin",
    "gradgradcheck": "dropin",
}


def __getattr__(name: str) -> Any:
    """Each public name from its module, ``__version__`` from the installed package."""
    if name == "__version__":
        return _version()
    if name not in _HOMES:
        raise AttributeError(f"module 'gradsuite' has no attribute {name!r}")
    return getattr(import_module(f"gradsuite.{_HOMES[name]}"), name)


def _version() -> str:
    try:
        return metadata.version("gradsuite")
    except metadata.PackageNotFoundError:  # run from a source tree that is not installed
        return "unknown"

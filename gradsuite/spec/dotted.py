"""Paths of Python objects as specs write them: ``torch.nn.functional.softmax``, ``package.module:Class.method``."""

from __future__ import annotations

import re

_NAME = r"[A-Za-z_]\w*"
_PATH = re.compile(rf"{_NAME}(\.{_NAME})+|{_NAME}(\.{_NAME})*:{_NAME}(\.{_NAME})*", re.ASCII)


def is_dotted(path: str) -> bool:
    """Whether ``path`` names something inside a module."""
    return _PATH.fullmatch(path) is not None


def short(path: str) -> str:
    """The last part of ``path``."""
    return re.split(r"[.:]", path)[-1]

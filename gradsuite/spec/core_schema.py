"""Plain scalars by YAML 1.2's core schema: ``1e-5`` is a number, ``on`` and ``12:30:45`` are text."""

from __future__ import annotations

import re
from collections.abc import Callable

from gradsuite.spec.node import Scalar

_CORE: tuple[tuple[re.Pattern[str], Callable[[str], Scalar]], ...] = (
    (re.compile(r"null|Null|NULL|~|"), lambda text: None),
    (re.compile(r"true|True|TRUE"), lambda text: True),
    (re.compile(r"false|False|FALSE"), lambda text: False),
    (re.compile(r"[-+]?[0-9]{1,400}"), int),
    (re.compile(r"0o[0-7]{1,400}"), lambda text: int(text[2:], 8)),
    (re.compile(r"0x[0-9a-fA-F]{1,400}"), lambda text: int(text[2:], 16)),
    (re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"), float),
    (re.compile(r"[-+]?\.(inf|Inf|INF)"), lambda text: float(text.replace(".", ""))),
    (re.compile(r"\.(nan|NaN|NAN)"), lambda text: float("nan")),
)


def resolve(text: str) -> Scalar:
    """The value of a plain scalar by YAML 1.2's core schema."""
    for pattern, read in _CORE:
        if pattern.fullmatch(text):
            return read(text)
    return text

"""torch's own list of operators (OpInfo): which entries there are, and in which dtypes each has a gradient."""

from __future__ import annotations

import os
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

import torch

from gradsuite.devices import kept
from gradsuite.errors import UsageError
from gradsuite.plan import DTYPES
from gradsuite.spec.nearest import suggestion

Entry = Any  # torch.testing._internal.opinfo.core.OpInfo


@cache
def entries() -> Mapping[str, Entry]:
    """Every entry that supports autograd, by its full name: the operator's, and its variant's after a dot.

    Raises UsageError where the list cannot be imported.
    """
    before = dict(os.environ)
    try:
        with kept():
            from torch.testing._internal.common_methods_invocations import op_db
    except ImportError as error:
        raise UsageError(
            f"--opinfo needs what torch's own tests need: pip install gradsuite[opinfo] ({error})"
        ) from error
    finally:  # importing torch's tests sets variables for them
        os.environ.clear()
        os.environ.update(before)
    return {entry.full_name: entry for entry in op_db if entry.supports_autograd}


def select(pattern: str) -> list[str]:
    """The names that match the glob ``pattern``, sorted. Raises UsageError where none does."""
    found = sorted(name for name in entries() if fnmatchcase(name, pattern))
    if not found:
        raise UsageError(f"no OpInfo entry matches {pattern!r}; {suggestion(pattern, sorted(entries()))}")
    return found


def dtypes_of(name: str, device: str) -> tuple[str, ...]:
    """The dtypes in which the entry says that it has a gradient on ``device``, of those that gradsuite knows."""
    entry = entries()[name]
    declared = entry.supported_backward_dtypes(device) & entry.supported_dtypes(device)
    return tuple(dtype for dtype in DTYPES if getattr(torch, dtype) in declared)

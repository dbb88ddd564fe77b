"""Names of places in the page: readable where possible, never taken from outside as they are."""

from __future__ import annotations

import hashlib
import re

from gradsuite.reporters.merge import Lane, Placed
from gradsuite.results import CaseResult, Op


def of_op(op: Op | CaseResult) -> str:
    """The section of the op, or of the case's op."""
    return f"op-{op_word(op.path, op.name)}"


def of_case(placed: Placed) -> str:
    """The case: its story, or its figures in the op's table."""
    result = placed.result
    op = op_word(result.path, result.name)
    return "-".join(("case", op, word(result.check), word(result.dtype), lane_word(placed.lane)))


def op_word(path: str, name: str) -> str:
    """An op's part of a place's name: two files may each hold an op of that name."""
    return f"{_slug(name)}-{_digest(path, name)}"


def lane_word(lane: Lane) -> str:
    """A lane's part: the device, with the number of its run after the first."""
    return f"{word(lane.device)}.{lane.run + 1}" if lane.run else word(lane.device)


def word(name: str) -> str:
    """A name's part: itself, where it is plain; no two names have the same."""
    return name if re.fullmatch(r"[a-z0-9_]{1,40}", name) else f"{_slug(name)}.{_digest(name)}"


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:40]


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:6]

"""Names of places in the page: readable where possible, never taken from outside as they are."""

from __future__ import annotations

import hashlib
import re

from gradsuite.reporters.merge import OpPage, Placed


def of_op(page: OpPage) -> str:
    """The op's section."""
    return f"op-{_slug(page.op.name)}-{_digest(page.op.path, page.op.name)}"


def of_case(placed: Placed) -> str:
    """The case's story."""
    result = placed.result
    return f"case-{_slug(result.name)}-{_slug(result.check)}-{_digest(str(placed.run), result.id)}"


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40]


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:6]

"""A name that refers to something must refer to something that is there."""

from __future__ import annotations

from collections.abc import Collection

from gradsuite.spec.faults import Faults
from gradsuite.spec.nearest import suggestion
from gradsuite.spec.node import Where


def known_name(where: Where, name: str, kind: str, known: Collection[str], faults: Faults) -> None:
    """``name`` must be one of the ``known``; ``kind`` says of what."""
    if name not in known and not faults.names_lost:
        faults.add(where, f"unknown {kind} {name!r}", suggestion(name, known), key=True)

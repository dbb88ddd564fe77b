"""What changed between two runs: ``compare`` gives the changes, ``terminal`` and ``page`` show them."""

from __future__ import annotations

from gradsuite.changes.compare import Change, Changes, compare
from gradsuite.changes.kind import Kind

__all__ = ["Change", "Changes", "Kind", "compare"]

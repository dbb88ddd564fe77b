"""Many runs in one sqlite file: ``History`` keeps their outcomes, ``terminal`` and ``page`` show each op's trend."""

from __future__ import annotations

from gradsuite.history.store import History
from gradsuite.history.trends import Point, Trend

__all__ = ["History", "Point", "Trend"]

"""A spec to start from: what an op tells when it is asked, and derivatives by symbolic differentiation."""

from __future__ import annotations

from gradsuite.draft.draft import draft

__all__ = ["draft"]

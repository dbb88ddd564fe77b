"""The OpInfo bridge: torch's own sample inputs of every differentiable operator that torch tests, run with no spec.

torch's list is an internal of its test suite, and needs two packages that torch itself does not
(``pip install gradsuite[opinfo]``). Nothing of it is imported before it is asked for.
"""

from __future__ import annotations

from gradsuite.opinfo.cases import plan, source

__all__ = ["plan", "source"]

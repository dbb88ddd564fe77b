"""The parameter by which a marked test stands for one of its cases; cheap, for every item of a host suite is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from gradsuite.plugin.marked import Declared

NAME = "gradsuite_case"


@dataclass(frozen=True)
class Marked:
    """One case of a marked test: the parameter's value."""

    declared: Declared
    check: str
    device: str
    dtype: str

    @property
    def id(self) -> str:
        """As it stands in the test's id."""
        return f"{self.check}-{self.device}-{self.dtype}"


def marked(item: pytest.Item) -> Marked | None:
    """The case for which ``item`` stands; None for any other item, and where no case is left of a marked test."""
    found = getattr(item, "callspec", None)
    value = found.params.get(NAME) if found else None
    return value if isinstance(value, Marked) else None

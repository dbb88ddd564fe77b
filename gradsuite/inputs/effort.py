"""How large samples become: the three profiles that a user chooses from.

Samples are small because formulas are proven on them in ball arithmetic, whose cost grows with the elements.
"""

from __future__ import annotations

from dataclasses import dataclass

from gradsuite.errors import UsageError

MAX_RANK = 3  # of a variadic symbol


@dataclass(frozen=True)
class Effort:
    """``elements``: most elements an input should have. ``sizes`` and ``ranks``: what is drawn from, plainest first."""

    elements: int
    sizes: tuple[int, ...]
    ranks: tuple[int, ...]


EFFORTS = {
    "quick": Effort(32, (1, 2, 3, 4, 2, 3, 2, 3), (0, 1, 1, 2)),
    "default": Effort(64, (1, 2, 3, 4, 5, 2, 3, 4), (0, 1, 2, 1, 3, 2, 1, 2)),
    "thorough": Effort(320, (1, 2, 3, 4, 5, 6, 8, 11, 2, 3, 4, 5, 3, 4, 5, 7), (0, 1, 2, 3, 1, 2, 1, 2)),
}


def effort(profile: str) -> Effort:
    """The effort called ``profile``. Raises UsageError where there is none."""
    if profile not in EFFORTS:
        raise UsageError(f"profile={profile!r} is unknown; choose from {', '.join(EFFORTS)}")
    return EFFORTS[profile]

"""What may become of a case between two runs: the words, their meanings, their marks."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """In the order in which people want to know."""

    REGRESSED = "regressed"
    FIXED = "fixed"
    CHANGED = "changed"
    LESS_ACCURATE = "less-accurate"
    MORE_ACCURATE = "more-accurate"
    ADDED = "added"
    REMOVED = "removed"


MEANING = {
    Kind.REGRESSED: "fails or cannot be run, and did not before; or passed, and does no longer",
    Kind.FIXED: "passes, and did not before",
    Kind.CHANGED: "another outcome that is no pass, or another side that is wrong",
    Kind.LESS_ACCURATE: "the same outcome; an error grew by a bit or more, that is twofold",
    Kind.MORE_ACCURATE: "the same outcome; an error shrank by a bit or more",
    Kind.ADDED: "only in the new run",
    Kind.REMOVED: "only in the base",
}
MARK = {
    Kind.REGRESSED: "!",
    Kind.FIXED: "*",
    Kind.CHANGED: "~",
    Kind.LESS_ACCURATE: ">",
    Kind.MORE_ACCURATE: "<",
    Kind.ADDED: "+",
    Kind.REMOVED: "-",
}
OF_FIGURES = (Kind.LESS_ACCURATE, Kind.MORE_ACCURATE)

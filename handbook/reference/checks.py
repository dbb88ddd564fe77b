"""Every check in its own words: they say which numbers are compared, and from what their bound is derived."""

from __future__ import annotations

from gradsuite import checks
from handbook.markdown import code, prose, section

PAGE = "checks.md"
HEAD = """
One property a check. Each compares numbers within a bound that is derived for them, and names the side that is wrong.
`--checks` of [`gradsuite run`](command-line.md), `checks=` of [`gradsuite.check`](python.md) and the `check` of the
[pytest marker](pytest.md) take these names.
"""
DRAWN = {
    "drawn": "at every sample that the checks share",
    "edge": "at the declared edge samples, and at edges that are drawn",
    "kink": "at samples on the declared kinks, or on those that were found",
    "few": "at up to four ordinary samples of different shapes",
    "two": "at two ordinary samples of different shapes",
    "first": "at one ordinary sample",
    "large": "at one sample with a size past the tiles of kernels",
}


def page() -> str:
    """The page."""
    always, asked = checks.names(), sorted({*checks.requestable()} - {*checks.names()})
    return "\n".join(
        [
            section("Checks", HEAD, level=1),
            section("Always", f"{len(always)} checks run unless others are asked for by name."),
            *map(_check, always),
            section("On request", "These run only where they are asked for by name."),
            *map(_check, asked),
        ]
    )


def _check(name: str) -> str:
    head, *rest = checks.describe(name).split("\n\n")
    where = DRAWN[checks.get(name).samples]
    return section(code(name), f"**{prose(head)}**", *map(prose, rest), f"It is asked {where}.", level=3)

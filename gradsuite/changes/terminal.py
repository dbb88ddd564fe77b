"""The changes as lines for a terminal; each begins with its mark, so that ``grep '^!'`` finds what regressed."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from gradsuite.changes import environments, wording
from gradsuite.changes.compare import Changes
from gradsuite.changes.groups import Group, groups
from gradsuite.changes.kind import MARK, Kind
from gradsuite.reporters import words
from gradsuite.reporters.merge import Merged
from gradsuite.results import SpecFault

STYLE = {
    Kind.REGRESSED: "bold red",
    Kind.FIXED: "green",
    Kind.CHANGED: "yellow",
    Kind.LESS_ACCURATE: "magenta",
    Kind.MORE_ACCURATE: "cyan",
    Kind.ADDED: "blue",
    Kind.REMOVED: "blue",
}
_MOST = 40  # groups of one kind


def lines(changes: Changes) -> Iterator[Text]:
    """What was compared, each change, and the counts."""
    yield from _runs(changes)
    for kind in Kind:
        yield from _kind(changes, kind)
    yield _counts(changes)


def _runs(changes: Changes) -> Iterator[Text]:
    for name, merged in (("base", changes.base), ("new ", changes.new)):
        yield Text(f"{name}  {_run(merged)}")
    for name, old, now, differs in environments.rows(changes.base, changes.new):
        if differs and name != "date":
            old, now = (words.one_line(value, 200) or "–" for value in (old, now))
            yield Text(f"      {words.one_line(name, 80)}: {old} → {now}")
    if names := environments.other_samples(changes.base, changes.new):
        yield Text(f"      other samples ({', '.join(names)}): figures move by chance, too", "yellow")
    yield Text()


def _run(merged: Merged) -> str:
    dates = ", ".join(run.environment.date for run in merged.runs)
    return words.one_line(f"{dates or 'no run'}: {words.headline(merged)}")


def _kind(changes: Changes, kind: Kind) -> Iterator[Text]:
    faults = {Kind.REGRESSED: changes.broken, Kind.FIXED: changes.mended}.get(kind, ())
    for fault in faults[:_MOST]:
        yield _told(kind, _fault(fault))
    found = groups(changes.of(kind))
    for group in found[:_MOST]:
        yield from _group(kind, group)
    left_out = sum(len(group.changes) for group in found[_MOST:]) + len(faults[_MOST:])
    if left_out:
        yield _told(kind, f"… and {left_out:,} more {kind.value}; -o FILE writes a page with more")


def _group(kind: Kind, group: Group) -> Iterator[Text]:
    name, count = words.one_line(group.name, 80), words.counted(len(group.changes), "case")
    yield _told(kind, f"{name}, {count}: {wording.outcomes(group)}; {words.one_line(group.where)}")
    if kind in (Kind.REGRESSED, Kind.CHANGED) or group.fails:
        if group.why:
            yield Text(f"    {words.one_line(group.why)}")
        if group.replay:
            yield Text(f"    {words.one_line(group.replay, 4000)}", "cyan")


def _fault(fault: SpecFault) -> str:
    mend = f"; {fault.mend}" if fault.mend else ""
    return words.one_line(f"{fault.path}:{fault.line}:{fault.column}: {fault.what}{mend}")


def _counts(changes: Changes) -> Text:
    counted = [(kind, count) for kind in Kind if (count := changes.counts[kind])]
    parts = [Text(f"{MARK[kind]} {count:,} {kind.value}", STYLE[kind]) for kind, count in counted]
    return Text(", ").join([*parts, Text(f"= {changes.same:,} as before", "dim")])


def _told(kind: Kind, text: str) -> Text:
    return Text.assemble((f"{MARK[kind]} ", STYLE[kind]), text)

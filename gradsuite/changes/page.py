"""The changes as one self-contained page, readable without script and without network."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field

from markupsafe import Markup

from gradsuite.changes import bits, environments, wording
from gradsuite.changes.accuracy import Move
from gradsuite.changes.compare import Changes
from gradsuite.changes.groups import Group, groups
from gradsuite.changes.kind import MARK, MEANING, OF_FIGURES, Kind
from gradsuite.reporters import words
from gradsuite.reporters.html import sheet
from gradsuite.results import CaseResult, Outcome, SpecFault

_MOST = 300  # entries of one list


@dataclass(frozen=True)
class Figure:
    """A row of the tables of what moved; ``anchor`` only for the first of its op."""

    result: CaseResult
    move: Move
    drawn: Markup
    anchor: str


@dataclass(frozen=True)
class Part:
    """All changes of one kind: faults, and either groups or figures."""

    kind: Kind
    count: int
    faults: tuple[SpecFault, ...]
    groups: list[tuple[str, Group]]
    figures: list[Figure]
    left_out: int


@dataclass
class ChangedOp:
    """How many cases of an op changed in which way, and where in the page that is told."""

    name: str
    counts: Counter[Kind] = field(default_factory=Counter)
    anchors: dict[Kind, str] = field(default_factory=dict)


def render(changes: Changes) -> str:
    """The page."""
    every = {kind: groups(changes.of(kind)) for kind in Kind}
    parts = [_part(changes, kind, every[kind]) for kind in Kind if changes.counts[kind]]
    ops = _ops(every, _shown(parts))
    return sheet.render(
        "changes.html",
        changes=changes,
        headline=wording.headline(changes),
        tone=Outcome.FAILED if changes.counts[Kind.REGRESSED] else Outcome.PASSED,
        parts=parts,
        ops=ops[:_MOST],
        ops_left_out=len(ops[_MOST:]),
        outcomes=[(o, changes.base.counts[o], changes.new.counts[o]) for o in words.GLYPH],
        settings=environments.rows(changes.base, changes.new),
        other_samples=environments.other_samples(changes.base, changes.new),
        MARK=MARK,
        KINDS=MEANING,
    )


def _part(changes: Changes, kind: Kind, found: list[Group]) -> Part:
    faults = {Kind.REGRESSED: changes.broken, Kind.FIXED: changes.mended}.get(kind, ())
    figures = _figures(found) if kind in OF_FIGURES else []
    shown = [] if figures else [(_anchor(group), group) for group in found[:_MOST]]
    told = len(faults[:_MOST]) + len(figures[:_MOST]) + sum(len(group.changes) for _, group in shown)
    return Part(kind, changes.counts[kind], faults[:_MOST], shown, figures[:_MOST], changes.counts[kind] - told)


def _figures(found: list[Group]) -> list[Figure]:
    """Each case, that first whose error moved farthest."""
    every = ((_anchor(group), change) for group in found for change in group.changes)
    rows = [(anchor, change.result, change.move) for anchor, change in every if change.move]
    rows.sort(key=lambda row: -abs(row[2].bits))
    drawn = bits.draw([move for _, _, move in rows])
    firsts = {anchor: k for k, (anchor, _, _) in reversed(list(enumerate(rows)))}
    return [
        Figure(result, move, picture, anchor if firsts[anchor] == k else "")
        for k, ((anchor, result, move), picture) in enumerate(zip(rows, drawn, strict=True))
    ]


def _ops(every: dict[Kind, list[Group]], shown: set[str]) -> list[ChangedOp]:
    """Each op that changed, those first that lost most; ``shown`` are the places that the page has."""
    found: dict[tuple[str, str], ChangedOp] = {}
    for kind, of_kind in every.items():
        for group in of_kind:
            result = group.first.result
            op = found.setdefault((result.path, result.name), ChangedOp(result.name))
            op.counts[kind] += len(group.changes)
            if _anchor(group) in shown:
                op.anchors.setdefault(kind, _anchor(group))
    return sorted(found.values(), key=lambda op: [-op.counts[kind] for kind in Kind])


def _shown(parts: list[Part]) -> set[str]:
    return {anchor for part in parts for anchor, _ in part.groups} | {f.anchor for part in parts for f in part.figures}


def _anchor(group: Group) -> str:
    """Never taken from outside as it is."""
    digest = hashlib.sha256(group.first.case.encode("utf-8", "replace")).hexdigest()
    return f"{group.first.kind.value}-{digest[:8]}"

"""Waivers: dated facts about one release of PyTorch, each with a reason and a link.

``waivers/<torch version>.yaml`` is a list of ``{case, reason, link}``; ``case`` is a glob over case ids in
which ``*`` and ``?`` are wild and brackets stand for themselves. Waivers are strict: one that matches no case
is a fault, and so is one whose case passes (the runner sees to that), unless it says that the defect is rare.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from pydantic import Field, RootModel

from gradsuite.errors import Fault, SpecError
from gradsuite.spec import model
from gradsuite.spec.faults import Document, Faults
from gradsuite.spec.loader import read
from gradsuite.spec.validation import validated


class Entry(model.Model):
    """One waiver as written."""

    case: model.Text = Field(description="A glob over case ids: specs/...::softmax::reverse[cpu-*].")
    reason: model.Text = Field(description="What is wrong, in a sentence.")
    link: model.Text = Field(description="Where it is reported: https://...")
    rare: bool = Field(default=False, description="Whether only some samples show it, so that the case may pass.")


class Entries(RootModel[list[Entry]]):
    """A waiver file as written."""


@dataclass(frozen=True)
class Waiver:
    """One waiver, with its place in the file."""

    case: str
    reason: str
    link: str
    path: str
    line: int
    column: int
    rare: bool = False

    def covers(self, case_id: str) -> bool:
        """Whether the glob matches ``case_id``."""
        return fnmatchcase(case_id, self.case.replace("[", "[[]"))

    def fault(self, what: str, mend: str) -> Fault:
        """A fault of this waiver."""
        return Fault(self.path, self.line, self.column, what, mend)


@dataclass(frozen=True)
class Waivers:
    """The waivers of one release."""

    entries: tuple[Waiver, ...] = ()

    def find(self, case_id: str) -> Waiver | None:
        """The first waiver that covers ``case_id``."""
        return next((each for each in self.entries if each.covers(case_id)), None)

    def unmatched(self, case_ids: Collection[str]) -> list[Fault]:
        """A fault for each waiver that covers none of ``case_ids``, which are to be all cases there are."""
        return [
            each.fault(f"the waiver {each.case!r} matches no case", "correct the glob, or remove the waiver")
            for each in self.entries
            if not any(map(each.covers, case_ids))
        ]


def waiver_file(folder: Path, torch_version: str) -> Path | None:
    """The file for ``torch_version`` (``2.13.0+cpu``): ``2.13.0.yaml``, or else ``2.13.yaml``, or None."""
    release = torch_version.partition("+")[0]
    names = (release, ".".join(release.split(".")[:2]))
    return next((file for name in names if (file := folder / f"{name}.yaml").is_file()), None)


def load_waivers(path: Path) -> Waivers:
    """The waivers in the file ``path``.

    Raises:
        SpecError: with every fault of the file.
    """
    document, others = read(path)
    if document is None:
        raise SpecError(others)
    faults = Faults(document)
    entries = validated(Entries, faults)
    _check(entries.root if entries else [], faults)
    if found := faults.ordered(others):
        raise SpecError(found)
    return Waivers(tuple(_waiver(each, place, document) for place, each in enumerate(entries.root if entries else [])))


def _waiver(entry: Entry, place: int, document: Document) -> Waiver:
    node = document.at((place, "case"))
    return Waiver(entry.case, entry.reason, entry.link, document.path, node.line, node.column, entry.rare)


def _check(entries: list[Entry], faults: Faults) -> None:
    seen: dict[str, int] = {}
    for place, entry in enumerate(entries):
        if entry.case in seen:
            faults.add((place, "case"), f"the case {entry.case!r} is waived twice", f"see line {seen[entry.case]}")
        seen.setdefault(entry.case, faults.document.at((place, "case")).line)
        if not entry.link.startswith(("https://", "http://")):
            faults.add((place, "link"), f"{entry.link!r} is no link", "begin it with https://")
        if set(entry.case) <= set("*?"):
            faults.add((place, "case"), "a waiver for every case", "name the op and the check")

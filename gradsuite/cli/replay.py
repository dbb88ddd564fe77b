"""``gradsuite replay``: recorded failures and errors, run again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import click

from gradsuite.cli.failures import Recorded, failures
from gradsuite.errors import GradsuiteError, UsageError
from gradsuite.plan import LIMIT
from gradsuite.reporters import words
from gradsuite.results import Outcome

Word = Literal["FAILED", "FIXED", "CANNOT TELL"]
COLOUR = {"FAILED": "red", "FIXED": "green", "CANNOT TELL": "yellow"}
REPORTS = Path("reports")


@click.command()
@click.argument("what", nargs=-1, metavar="[ID|FILE|DIR]...")
@click.option("--specs", multiple=True, type=click.Path(path_type=Path), help="Where the specs lie, if not here.")
@click.option("--op", default="", metavar="MODULE:NAME", help="Where the callable is, if its record cannot say it.")
@click.option("--timeout", type=float, default=LIMIT, show_default=True, help="Seconds that an error may take.")
def replay(what: Sequence[str], specs: Sequence[Path], op: str, timeout: float) -> int:
    """Run recorded failures again: the same sample, check and comparison, with the op as it is now.

    FILE is a results.jsonl or results.json, DIR a folder of reports, from any machine: all that failed there is run,
    or what the IDs name; with neither, reports. So are errors, each in a process of its own, which it may end. Prints
    FIXED or FAILED for each. Exit codes: 0, all are fixed; 1, one still fails; 2, one could not be run.
    """
    seen: Counter[str] = Counter()
    for each in _chosen(what):
        word, said = _replayed(each, specs, op, timeout)
        seen[word] += 1
        click.echo("\n".join(_lines(each, word, said)))
    if seen.total() > 1:
        click.echo(", ".join(f"{count} {word}" for word in COLOUR if (count := seen[word])))
    return 1 if seen["FAILED"] else 2 if seen["CANNOT TELL"] else 0


def _chosen(what: Sequence[str]) -> list[Recorded]:
    """The failures that are meant, each once. Raises UsageError where there is none."""
    paths = [Path(each) for each in what if Path(each).exists()]
    ids = [each for each in what if not Path(each).exists()]
    if strange := next((each for each in ids if not re.fullmatch("[0-9a-f]+", each)), None):
        raise UsageError(f"{strange!r} is no file, no folder, and no id: an id has the digits 0-9a-f")
    if not paths and not REPORTS.exists():
        raise UsageError("there is no folder 'reports' here: name the results.jsonl or the folder that holds it")
    found = {each.told.id or id(each): each for path in paths or [REPORTS] for each in failures(path)}
    if ids:
        return [_one(each, list(found.values()), paths or [REPORTS]) for each in ids]
    failed = [each for each in found.values() if each.result.outcome in (Outcome.FAILED, Outcome.ERROR)]
    if not failed:
        where = ", ".join(map(str, paths or [REPORTS]))
        raise UsageError(f"no failure is recorded in {where}, and no error with its sample")
    return failed


def _one(wanted: str, known: Sequence[Recorded], paths: Sequence[Path]) -> Recorded:
    matching = [each for each in known if each.told.id.startswith(wanted)]
    if len(matching) == 1:
        return matching[0]
    if matching:
        raise UsageError(f"several ids begin with {wanted}: {', '.join(each.told.id for each in matching)}")
    raise UsageError(f"no failure {wanted} is recorded in {', '.join(map(str, paths))}: name the file or folder, too")


def _replayed(each: Recorded, specs: Sequence[Path], op: str, timeout: float) -> tuple[Word, list[str]]:
    """FAILED, FIXED or CANNOT TELL, and what is to be said of it."""
    from gradsuite.replay import replay

    try:
        fails, note = replay(each.result, each.told, specs, op, timeout)
    except GradsuiteError as reason:
        return "CANNOT TELL", [str(reason), f"its case: {each.told.replay}"]
    return ("FAILED" if fails else "FIXED"), [fails, note]


def _lines(each: Recorded, word: Word, said: Sequence[str]) -> Iterator[str]:
    from torch import __version__

    yield f"{click.style(word, COLOUR[word])} {each.told.id} {words.one_line(each.result.id)}"
    yield from (f"    {words.one_line(text)}" for text in said if text)
    if each.torch and each.torch != __version__:
        yield f"    recorded with torch {words.one_line(each.torch)}, run with {__version__}"

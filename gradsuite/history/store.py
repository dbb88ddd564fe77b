"""One sqlite file that remembers every run it was given."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from importlib import resources
from pathlib import Path
from typing import NamedTuple

from pydantic import TypeAdapter

from gradsuite.errors import UsageError
from gradsuite.reporters.merge import Merged
from gradsuite.results import CaseResult, Environment, Outcome

FORMAT = 1
_APPLICATION = 0x67726164  # "grad": sqlite's own mark of whose file it is
_SHOWN = "SELECT id FROM runs ORDER BY date DESC, id DESC LIMIT ?"
_RUNS = f"SELECT id, environment FROM runs WHERE id IN ({_SHOWN}) ORDER BY date, id"
_TOTALS = f"""
SELECT path, op, device, run, outcome, count(*), max(error)
FROM outcomes JOIN cases ON cases.id = "case"
WHERE run IN ({_SHOWN})
GROUP BY path, op, device, run, outcome
"""
_CASES = f"""
SELECT name, run, outcome
FROM outcomes JOIN cases ON cases.id = "case"
WHERE path = ? AND op = ? AND device = ? AND run IN ({_SHOWN})
ORDER BY name
"""


class Total(NamedTuple):
    """How many cases of an op on a device had an outcome in a run, and their worst error in natural errors."""

    path: str
    op: str
    device: str
    run: int
    outcome: Outcome
    cases: int
    error: float | None


class Told(NamedTuple):
    """The outcome of one case in one run."""

    case: str
    run: int
    outcome: Outcome


_TOTAL_ROWS, _TOLD_ROWS = TypeAdapter(list[Total]), TypeAdapter(list[Told])


class History:
    """The runs in ``file``; it is made when the first is added. Raises UsageError where it cannot be read."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def add(self, merged: Merged) -> int:
        """Remember each run of ``merged``; one that is known already is told anew. Gives how many are new."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._open() as database:
            known = [_forget(database, run.environment) for run in merged.runs]
            for run in merged.runs:
                _remember(database, run.environment, (p.result for p in merged.placed if p.run == run.index))
        return known.count(False)

    def runs(self, last: int) -> dict[int, Environment]:
        """The environments of the ``last`` runs, the oldest first, by their numbers in the file."""
        with self._open() as database:
            rows = database.execute(
                f"SELECT id, environment FROM runs WHERE id IN ({_SHOWN}) ORDER BY date, id", (last,)
            )
            return {number: Environment.model_validate_json(text) for number, text in rows}

    def totals(self, last: int) -> list[Total]:
        """What the cases of each op came to in each of the ``last`` runs."""
        with self._open() as database:
            return _TOTAL_ROWS.validate_python(database.execute(_TOTALS, (last,)).fetchall())

    def cases(self, path: str, op: str, device: str, last: int) -> list[Told]:
        """The outcome of each case of one op in each of the ``last`` runs."""
        with self._open() as database:
            return _TOLD_ROWS.validate_python(database.execute(_CASES, (path, op, device, last)).fetchall())

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """One transaction; what cannot be read is the user's to mend."""
        try:
            with closing(sqlite3.connect(self._file)) as database, database:
                _prepare(database)
                yield database
        except (sqlite3.Error, ValueError) as fault:
            why = str(fault).splitlines()[0]
            raise UsageError(f"{self._file} cannot be used as a history: {why}; give another --file") from fault


def _prepare(database: sqlite3.Connection) -> None:
    """Make the tables of an empty file; refuse those of another program or another format."""
    (application,) = database.execute("PRAGMA application_id").fetchone()
    (found,) = database.execute("PRAGMA user_version").fetchone()
    if (application, found) == (_APPLICATION, FORMAT):
        return
    if database.execute("SELECT count(*) FROM sqlite_master").fetchone() != (0,):
        raise ValueError(f"it is not of gradsuite's format {FORMAT}")
    database.executescript(resources.files(__package__).joinpath("schema.sql").read_text(encoding="utf-8"))
    database.execute(f"PRAGMA application_id = {_APPLICATION}")
    database.execute(f"PRAGMA user_version = {FORMAT}")


def _forget(database: sqlite3.Connection, environment: Environment) -> bool:
    """Drop what is known of a run that is added again; tells whether there was any."""
    found = database.execute("SELECT id FROM runs WHERE environment = ?", (_name(environment),)).fetchone()
    if found:
        database.execute("DELETE FROM outcomes WHERE run = ?", found)
        database.execute("DELETE FROM runs WHERE id = ?", found)
    return found is not None


def _remember(database: sqlite3.Connection, environment: Environment, results: Iterable[CaseResult]) -> None:
    added = database.execute(
        "INSERT INTO runs (environment, date) VALUES (?, ?)", (_name(environment), environment.date)
    )
    for result in results:
        case = (result.id, result.path, result.name, result.device)
        database.execute("INSERT OR IGNORE INTO cases (name, path, op, device) VALUES (?, ?, ?, ?)", case)
        database.execute(
            "INSERT INTO outcomes SELECT ?, id, ?, ? FROM cases WHERE name = ?",
            (added.lastrowid, result.outcome.value, _error(result), result.id),
        )


def _name(environment: Environment) -> str:
    """The recorded line without the checks' descriptions, which say nothing about the run."""
    return environment.model_copy(update={"checks": {}}).model_dump_json()


def _error(result: CaseResult) -> float | None:
    """What is not a number is as far off as can be; sqlite would take it for nothing."""
    error = result.measures.worst_ratio
    return math.inf if error is not None and math.isnan(error) else error

"""``--gradsuite-report``: ``results.jsonl`` and every report of a test run, on one process or on many."""

from __future__ import annotations

from collections import defaultdict
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from gradsuite.errors import UsageError
from gradsuite.plugin.bench import Bench
from gradsuite.plugin.record import results_file, under_way_file
from gradsuite.reporters import write_all
from gradsuite.reporters.merge import merge
from gradsuite.reporters.words import clean, headline
from gradsuite.results import CaseResult, LastSample, Recorder, read


class Reporting:
    """The plugin of the process that writes the reports: the only one, or that which heads pytest-xdist's workers."""

    def __init__(self, bench: Bench, folder: Path) -> None:
        """Raises UsageError where the folder cannot be written."""
        self._bench, self._folder = bench, folder
        self._lost: defaultdict[str, list[CaseResult]] = defaultdict(list)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for stale in (*folder.glob("results*.jsonl"), *folder.glob("under-way*.jsonl")):
                stale.unlink()
        except OSError as error:
            raise UsageError(f"no report can be written to {str(folder)!r}: {error.strerror}") from error
        self._flights = TemporaryDirectory(prefix="gradsuite-")

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """A worker is told where to keep the sample that it is at."""
        node.workerinput["gradsuite_flights"] = self._flights.name

    @pytest.hookimpl(optionalhook=True)
    def pytest_handlecrashitem(self, report: Any) -> None:
        """The case that a crashed worker was at is an error, told with its last sample."""
        worker = str(report.node.gateway.id)
        file = under_way_file(self._folder, worker)
        if file.is_file():
            for line in read(file):
                assert isinstance(line, CaseResult)
                reason = str(report.longrepr)
                told = {"reason": reason, "last_sample": self._last_sample(worker, line.id, report.nodeid, reason)}
                self._lost[worker].append(line.model_copy(update=told))
            file.unlink()

    def _last_sample(self, worker: str, case: str, nodeid: str, reason: str) -> LastSample | None:
        flight = Path(self._flights.name) / worker
        if not flight.is_file():
            return None
        from gradsuite import failure
        from gradsuite.flight import read as last

        seen = last(flight)
        if seen is None:
            return None
        again = self._bench.again(nodeid, self._bench.settings.seed)
        return failure.last_sample(seen, case=case, replay=again, reason=reason)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """Gathers what was recorded, and writes the reports."""
        self._flights.cleanup()
        results = results_file(self._folder)
        with results.open("a", encoding="utf-8") as out:
            recorder = Recorder(out)
            for piece in sorted(self._folder.glob("results.*.jsonl")):
                for line in chain(read(piece), self._lost[piece.name.split(".")[1]]):
                    recorder.write(line)
                piece.unlink()
        write_all(read(results), self._folder)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """The verdict, and where the report is."""
        terminalreporter.section("gradsuite")
        terminalreporter.write_line(clean(headline(merge(read(results_file(self._folder))))))
        terminalreporter.write_line(f"report: {self._folder / 'index.html'}")

"""Published packages with backward passes of their own: what gradsuite says of each call, with nothing tuned.

    python -m power.clients FILE.py

FILE defines ``CLIENTS``: objects with ``id``, ``package``, ``version``, ``kind``, ``fn`` and ``sample_inputs(generator,
dtype)``, which gives a tuple of inputs. ``surrogates.json`` declares, for those that are no derivative on purpose, the
function whose derivative they are; such a client is checked twice, as it is and once that is declared. ``triage.json``
holds what a person made of each client that failed. ``python -m power.clients_page`` makes ``docs/clients.md`` of it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import torch
from torch.autograd.gradcheck import gradcheck

import gradsuite
from gradsuite.reporters import words
from power.faults import load

FIGURES = Path(__file__).with_suffix(".json")
SURROGATES = Path(__file__).with_name("surrogates.json")
LIMIT = 1200  # seconds for one client: what takes longer is told as that
MOST = 6  # sentences and notes that are kept of one client


@dataclass(frozen=True)
class Row:
    """One client: what gradsuite said, and whether torch's gradcheck accepts it in float64 (None: it raised)."""

    id: str
    package: str
    version: str
    kind: str
    outcome: str  # passed, failed, error, inconclusive or unsupported; "lost": its process died or did not end
    seconds: float
    culprit: str = ""
    checks: tuple[str, ...] = ()  # that failed, with the dtype
    told: tuple[str, ...] = ()  # what each failure says
    notes: tuple[str, ...] = ()
    surrogate: str = ""
    declared: str = ""  # the outcome once the surrogate is declared
    gradcheck: bool | None = None


def judge(client: Any) -> Row:
    """The client as it is, and with its surrogate declared where it has one. The examples are of float32."""
    torch.set_num_threads(1)
    started, surrogate = time.perf_counter(), json.loads(SURROGATES.read_text(encoding="utf-8")).get(client.id, "")
    report = _report(client)
    declared = _report(client, surrogate=surrogate).verdict.value if surrogate else ""
    return Row(
        id=client.id, package=client.package, version=client.version, kind=client.kind,
        outcome=report.verdict.value, seconds=round(time.perf_counter() - started, 1),
        culprit="" if report.culprit is None else report.culprit.value,
        checks=tuple(f"{r.check} {r.dtype}" for r in report.results if r.outcome in ("failed", "error")),
        told=_few([*map(words.story, report.failures), *(r.reason for r in report.results if r.outcome == "error")]),
        notes=_few(note for result in report.results for note in result.notes),
        surrogate=surrogate, declared=declared, gradcheck=_gradcheck(client),
    )  # fmt: skip


def _few(texts: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))[:MOST]


def _inputs(client: Any, dtype: torch.dtype) -> Any:
    return client.sample_inputs(torch.Generator().manual_seed(0), dtype)


def _report(client: Any, **options: Any) -> gradsuite.Report:
    return gradsuite.check(client.fn, _inputs(client, torch.float32), name=client.id, isolate=True, **options)


def _gradcheck(client: Any) -> bool | None:
    try:
        return gradcheck(client.fn, _inputs(client, torch.float64), raise_exception=False)
    except Exception:  # whatever a package raises
        return None


def run(path: Path, only: str, jobs: int) -> Iterator[Row]:
    """The rows of the clients whose id matches ``only``, each as it is done, in a process of its own."""
    chosen = [client for client in load(path).CLIENTS if fnmatchcase(client.id, only)]
    with ThreadPoolExecutor(jobs) as pool:
        for done in as_completed([pool.submit(_apart, path, client) for client in chosen]):
            yield done.result()


def _apart(path: Path, client: Any) -> Row:
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "row.json")
        command = [sys.executable, "-m", "power.clients", str(path), "--alone", client.id, "--out", str(out)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)
            reason = f"ended with {done.returncode}: {done.stderr.strip().splitlines()[-1:]}"
        except subprocess.TimeoutExpired:
            reason = f"did not end in {LIMIT} s"
        if out.exists():
            return Row(**json.loads(out.read_text(encoding="utf-8")))
    seconds = round(time.perf_counter() - started, 1)
    return Row(client.id, client.package, client.version, client.kind, "lost", seconds, told=(reason,))


def main() -> None:
    """Prints a line a client; writes power/clients.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--only", default="*", metavar="GLOB")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, default=FIGURES)
    parser.add_argument("--alone", metavar="ID", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.alone:
        client = next(client for client in load(options.path).CLIENTS if client.id == options.alone)
        options.out.write_text(json.dumps(asdict(judge(client))), encoding="utf-8")
        return
    rows: list[Row] = []
    for row in run(options.path, options.only, options.jobs):
        rows = sorted([*rows, row], key=lambda row: row.id)
        failed = ", ".join(row.checks)
        print(f"{row.outcome:13} {row.declared:8} {row.id:45} {row.seconds:6.1f} s  {failed}", flush=True)
        # Written each time: a run that is cut short has not measured in vain.
        options.out.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

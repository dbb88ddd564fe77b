"""``gradsuite run``: the main job."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gradsuite.cli import waivers
from gradsuite.cli.specs import load, paths_argument

if TYPE_CHECKING:
    from gradsuite.errors import Fault
    from gradsuite.results import Line, SpecFault

PROFILES = ("quick", "default", "thorough")


@click.command()
@paths_argument
@click.option("--ops", multiple=True, metavar="GLOB", help="Only ops whose name or dotted path matches. Repeatable.")
@click.option("--checks", multiple=True, metavar="NAMES", help="Only these checks: names with commas. Repeatable.")
@click.option("--device", "devices", multiple=True, default=("cpu",), show_default=True, help="Repeatable.")
@click.option("--dtype", "dtypes", multiple=True, help="Only this dtype, as float16. Repeatable; default: all.")
@click.option("--profile", type=click.Choice(PROFILES), default="default", show_default=True, help="How many samples.")
@click.option("--seed", type=int, default=0, show_default=True, help="Other samples of the same kind.")
@click.option("--jobs", type=click.IntRange(min=1), default=os.cpu_count() or 1, help="Processes; default: one a core.")
@click.option("--report-dir", type=click.Path(path_type=Path), default=Path("reports"), show_default=True)
@click.pass_obj
def run(
    arguments: Sequence[str],
    *,
    paths: Sequence[Path],
    ops: Sequence[str],
    checks: Sequence[str],
    devices: Sequence[str],
    dtypes: Sequence[str],
    profile: str,
    seed: int,
    jobs: int,
    report_dir: Path,
) -> int:
    """Check the ops whose specs lie below PATHS (the catalogue, unless given) and write the reports."""
    from gradsuite.devices import require
    from gradsuite.plan import plan
    from gradsuite.runner import Session
    from gradsuite.workers import run_all

    specs, faults = load(paths)
    in_force, faults_of_waivers = waivers.current()
    faults += faults_of_waivers
    if not paths and not faults:  # only the whole catalogue tells that a waiver matches nothing
        faults += waivers.unmatched(in_force, specs)
    for device in devices:
        require(device)
    cases = plan(specs, ops=ops, checks=_names(checks), devices=devices, dtypes=_names(dtypes))
    opening = Session(profile=profile, seed=seed).environment("gradsuite " + shlex.join(arguments))
    lines = run_all(cases, profile=profile, seed=seed, waivers=in_force, jobs=jobs)
    held = _record(chain([opening], map(_recorded, faults), lines), len(cases), report_dir)
    return 2 if faults else int(not held)


def _record(lines: Iterable[Line], cases: int, folder: Path) -> bool:
    """Record and show each line as it comes, then make the reports; tells whether nothing failed.

    A run that is interrupted is reported as far as it came.
    """
    from gradsuite.reporters import write_all
    from gradsuite.reporters.terminal import Progress, summarise
    from gradsuite.results import Recorder, read

    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "results.jsonl"
    held = True
    try:
        with file.open("w", encoding="utf-8") as out, Progress(cases) as progress:
            recorder = Recorder(out)
            for line in lines:
                recorder.write(line)
                progress.add(line)
                held = held and _holds(line)
    finally:
        write_all(read(file), folder)
        summarise(read(file), report=folder / "index.html")
    return held


def _holds(line: Line) -> bool:
    """Whether a line is anything but a failure. What is inconclusive is shown as such, and did not fail."""
    from gradsuite.results import CaseResult, Outcome

    return not isinstance(line, CaseResult) or line.outcome not in (Outcome.FAILED, Outcome.ERROR)


def _names(given: Iterable[str]) -> list[str]:
    """``("value,reverse", "graph")`` as single names."""
    return [name.strip() for part in given for name in part.split(",") if name.strip()]


def _recorded(fault: Fault) -> SpecFault:
    from gradsuite.results import SpecFault

    return SpecFault(path=fault.path, line=fault.line, column=fault.column, what=fault.what, mend=fault.mend)

"""``gradsuite run``: the main job."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from gradsuite.cli import waivers
from gradsuite.cli.names import names
from gradsuite.cli.specs import load, paths_argument
from gradsuite.errors import UsageError
from gradsuite.plan import LIMIT

if TYPE_CHECKING:
    from gradsuite.errors import Fault
    from gradsuite.group import Source
    from gradsuite.plan import Case
    from gradsuite.results import Line, SpecFault
    from gradsuite.spec import Waivers

PROFILES = ("quick", "default", "thorough")


@click.command()
@paths_argument
@click.option("--opinfo", is_flag=False, flag_value="*", metavar="[GLOB]", help="torch's OpInfo in place of specs.")
@click.option("--ops", multiple=True, metavar="GLOB", help="Only ops whose name or dotted path matches. Repeatable.")
@click.option("--checks", multiple=True, metavar="NAMES", help="Only these checks: names with commas. Repeatable.")
@click.option("--device", "devices", multiple=True, default=("cpu",), show_default=True, help="Repeatable.")
@click.option("--dtype", "dtypes", multiple=True, help="Only this dtype, as float16. Repeatable; default: all.")
@click.option("--profile", type=click.Choice(PROFILES), default="default", show_default=True, help="How many samples.")
@click.option("--seed", type=int, default=0, show_default=True, help="Other samples of the same kind.")
@click.option("--jobs", type=click.IntRange(min=1), default=os.cpu_count() or 1, help="Processes; default: one a core.")
@click.option("--timeout", type=float, default=LIMIT, show_default=True, help="Seconds a case may take, or be cut off.")
@click.option("--report-dir", type=click.Path(path_type=Path), default=Path("reports"), show_default=True)
@click.pass_obj
def run(
    arguments: Sequence[str],
    *,
    paths: Sequence[Path],
    opinfo: str | None,
    ops: Sequence[str],
    checks: Sequence[str],
    devices: Sequence[str],
    dtypes: Sequence[str],
    profile: str,
    seed: int,
    jobs: int,
    timeout: float,
    report_dir: Path,
) -> int:
    """Check the ops whose specs lie below PATHS (the catalogue, unless given) and write the reports."""
    from gradsuite.devices import require
    from gradsuite.runner import Session
    from gradsuite.workers import run_all

    for device in devices:
        require(device)
    chosen = {"checks": names(checks), "devices": devices, "dtypes": names(dtypes)}
    work = _of_specs(paths, ops, chosen) if opinfo is None else _of_opinfo(opinfo, paths, ops, chosen)
    source = work.source if opinfo is None else partial(work.source, profile=profile, seed=seed)
    opening = Session(profile=profile, seed=seed).environment("gradsuite " + shlex.join(arguments))
    lines = run_all(
        work.cases, profile=profile, seed=seed, waivers=work.waivers, jobs=jobs, source=source, limit=timeout
    )
    held = _record(chain([opening], map(_recorded, work.faults), lines), len(work.cases), report_dir)
    return 2 if work.faults else int(not held)


class _Work(NamedTuple):
    """What is to be run: the cases, the faults found on the way, the waivers in force, where samples come from."""

    cases: list[Case]
    faults: list[Fault]
    waivers: Waivers
    source: Callable[..., Source]


def _of_specs(paths: Sequence[Path], ops: Sequence[str], chosen: Mapping[str, Sequence[str]]) -> _Work:
    from gradsuite.group import of_spec
    from gradsuite.plan import plan

    specs, faults = load(paths)
    in_force, faults_of_waivers = waivers.current()
    faults += faults_of_waivers
    if not paths and not faults:  # only the whole catalogue tells that a waiver matches nothing
        faults += waivers.unmatched(in_force, specs)
    return _Work(plan(specs, ops=ops, **chosen), faults, in_force, of_spec)


def _of_opinfo(pattern: str, paths: Sequence[Path], ops: Sequence[str], chosen: Mapping[str, Sequence[str]]) -> _Work:
    from gradsuite import opinfo

    if paths or ops:
        raise UsageError("--opinfo takes the place of PATHS and --ops: give its glob as --opinfo=GLOB")
    in_force, faults = waivers.current("opinfo")
    if pattern == "*" and not faults:
        faults += in_force.unmatched([case.id for case in opinfo.plan("*")])
    return _Work(opinfo.plan(pattern, **chosen), faults, in_force, opinfo.source)


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


def _recorded(fault: Fault) -> SpecFault:
    from gradsuite.results import SpecFault

    return SpecFault(path=fault.path, line=fault.line, column=fault.column, what=fault.what, mend=fault.mend)

"""Wrong gradients with right twins: which are caught, who is named, whether a twin is accused, beside gradcheck.

    python -m power.faults FILE.py

FILE defines ``FAULTS``: objects with ``id``, ``fault_class``, ``good`` and ``bad`` (callables), ``dtypes`` and
``sample_inputs(generator, dtype)``, which gives a list of input tuples. One setting serves for all.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from multiprocessing import get_context
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch.autograd.gradcheck import GradcheckError, gradcheck

import gradsuite
from gradsuite.reporters import words

SPAWN = get_context("spawn")
CULPRITS = {"forward_ad": {"jvp"}, "double_backward": {"double backward"}, "in_place": {"backward", "forward"}}
HINTS = Path(__file__).with_name("hints.json")
MOST = 6  # sentences that are kept of one fault
Inputs = Sequence[torch.Tensor]


@dataclass(frozen=True)
class Row:
    """One fault: what gradsuite said of both twins, and what gradcheck said (None: it cannot run these dtypes)."""

    id: str
    fault_class: str
    caught: bool
    accused: bool
    culprit: str
    culprit_right: bool
    told: tuple[str, ...]  # what each failure says
    told_right: (
        bool | None
    )  # whether that names the mistake, as hints.json expects it; None: nobody said what to expect
    checks: tuple[str, ...]  # that failed
    seconds: float
    slow: tuple[bool, bool] | None  # caught, accused
    fast: tuple[bool, bool] | None
    twin: str = ""  # what was said of the right one, where it was accused


def load(path: Path) -> ModuleType:
    """The module at ``path``."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # a dataclass looks its module up
    spec.loader.exec_module(module)
    return module


def judge(path: Path, number: int, profile: str) -> Row:
    """Both twins of one fault."""
    torch.set_num_threads(1)
    fault = load(path).FAULTS[number]
    started = time.perf_counter()
    bad, good = (_reports(fault, fn, profile) for fn in (fault.bad, fault.good))
    seconds = time.perf_counter() - started
    failed = [report for report in bad if not report.ok]
    culprits = [str(report.culprit) for report in failed if report.culprit is not None]
    wrong = [report for report in good if not report.ok]
    told = tuple(dict.fromkeys(words.story(f) for report in failed for f in report.failures))
    return Row(
        id=fault.id, fault_class=fault.fault_class, caught=bool(failed), accused=bool(wrong),
        culprit=culprits[0] if culprits else "",
        culprit_right=bool(culprits) and culprits[0] in CULPRITS.get(fault.fault_class, {"backward"}),
        told=told[:MOST], told_right=_names_it(fault.id, told),
        checks=tuple(dict.fromkeys(r.check for report in failed for r in report.results if r.outcome == "failed")),
        seconds=round(seconds, 2), slow=_gradcheck(fault, fast=False), fast=_gradcheck(fault, fast=True),
        twin="\n".join(map(str, wrong))[:4000],
    )  # fmt: skip


def _names_it(fault: str, told: Sequence[str]) -> bool | None:
    """Whether what is told names the mistake: by the words that hints.json, written by hand, expects."""
    expected = json.loads(HINTS.read_text(encoding="utf-8")).get(fault) if HINTS.exists() else None
    return None if expected is None else any(re.search(expected, each) for each in told)


def _reports(fault: Any, fn: Callable[..., Any], profile: str) -> list[gradsuite.Report]:
    return [
        gradsuite.check(fn, inputs, dtypes=fault.dtypes, profile=profile, name=fault.id)
        for inputs in _examples(fault, fault.dtypes[0])
    ]


def _examples(fault: Any, dtype: torch.dtype) -> list[Inputs]:
    found: list[Inputs] = fault.sample_inputs(torch.Generator().manual_seed(0), dtype)
    return found


def _gradcheck(fault: Any, *, fast: bool) -> tuple[bool, bool] | None:
    """Whether torch's gradcheck catches the fault, and whether it accuses the twin, in float64 as it demands."""
    if torch.float64 not in fault.dtypes:
        return None
    return _refused(fault, fault.bad, fast=fast), _refused(fault, fault.good, fast=fast)


def _refused(fault: Any, fn: Callable[..., Any], *, fast: bool) -> bool:
    try:
        return not all(gradcheck(fn, inputs, fast_mode=fast) for inputs in _examples(fault, torch.float64))
    except (GradcheckError, RuntimeError):
        return True


def run(path: Path, *, only: str, profile: str, jobs: int) -> Iterator[Row]:
    """The rows of the faults whose id matches ``only``, each as it is done."""
    chosen = [i for i, fault in enumerate(load(path).FAULTS) if fnmatchcase(fault.id, only)]
    with ProcessPoolExecutor(jobs, mp_context=SPAWN) as pool:
        for done in as_completed([pool.submit(judge, path, number, profile) for number in chosen]):
            yield done.result()


def main() -> None:
    """Prints a line a fault and the sums; writes power/faults.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--only", default="*", metavar="GLOB")
    parser.add_argument("--profile", default="default")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("power/faults.json"))
    options = parser.parse_args()
    rows: list[Row] = []
    for row in run(options.path, only=options.only, profile=options.profile, jobs=options.jobs):
        rows = sorted([*rows, row], key=lambda row: row.id)
        print(_line(row), flush=True)
        # Written each time: a run that is cut short has not measured in vain.
        options.out.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n", encoding="utf-8")
    print(_sums(rows))


def _line(row: Row) -> str:
    marks = f"{'caught' if row.caught else 'MISSED':7} {'ACCUSED' if row.accused else '':8}"
    return f"{marks}{row.id:42} {row.culprit:16} {row.seconds:6.1f} s  {','.join(row.checks)}"


def _sums(rows: Sequence[Row]) -> str:
    return _sentence([asdict(row) for row in rows])


def _sentence(rows: Sequence[Mapping[str, Any]]) -> str:
    found = sum(row["caught"] and not row["accused"] for row in rows)
    named, accused = (sum(bool(row[key]) for row in rows) for key in ("culprit_right", "accused"))
    judged = [row for row in rows if row["told_right"] is not None and row["caught"]]
    told = sum(row["told_right"] for row in judged)
    return (
        f"{found} of {len(rows)} found, culprit right for {named}, what the mistake is told rightly for {told} of "
        f"{len(judged)}; {accused} right twins accused."
    )


def markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    """The sums, beside gradcheck's, and a row a fault."""
    unnamed = [f"`{row['id']}`" for row in rows if row["caught"] and row["told_right"] is False]
    others = f" Found, but told in other words than expected: {', '.join(unnamed)}." if unnamed else ""
    sums = [f"gradsuite: {_sentence(rows)}{others}", "", *(_gradchecks(rows, mode) for mode in ("slow", "fast")), ""]
    head = [
        "| fault | kind | gradsuite | culprit | by | gradcheck slow | fast | seconds, both twins |",
        "|---" * 8 + "|",
    ]
    return "\n".join([*sums, *head, *map(_cells, rows)])


def _gradchecks(rows: Sequence[Mapping[str, Any]], mode: str) -> str:
    ran = [row[mode] for row in rows if row[mode] is not None]
    found, accused = sum(c and not a for c, a in ran), sum(a for _, a in ran)
    return f"- gradcheck, {mode} mode, in float64 on the same inputs: {found} of {len(ran)} found, {accused} accused."


def _cells(row: Mapping[str, Any]) -> str:
    culprit = row["culprit"] + ("" if row["culprit_right"] or not row["caught"] else " (wrong)")
    checks = ", ".join(row["checks"][:3]) + (", ..." if len(row["checks"]) > 3 else "")
    cells = (row["id"], row["fault_class"], _verdict(row["caught"], row["accused"]), culprit, checks)
    others = ("cannot run" if row[mode] is None else _verdict(*row[mode]) for mode in ("slow", "fast"))
    return f"| {' | '.join([*cells, *others])} | {row['seconds']:.0f} |"


def _verdict(caught: bool, accused: bool) -> str:
    return f"{'found' if caught else 'missed'}{', twin accused' if accused else ''}"


if __name__ == "__main__":
    main()

"""A run over torch's own samples as counts: what became of the cases of each dtype, and how long they took.

gradsuite run --opinfo && python -m power.opinfo reports/results.jsonl
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from gradsuite.results import CaseResult, Environment, Outcome, read

TOLD = {"torch", "profile", "seed"}


def counts(path: Path) -> dict[str, Any]:
    """Cases by dtype and outcome, entries, and the sum of the seconds."""
    lines = list(read(path))
    results = [line for line in lines if isinstance(line, CaseResult)]
    dtypes = list(dict.fromkeys(result.dtype for result in results))
    begun = next(line for line in lines if isinstance(line, Environment))
    seconds = path.stat().st_mtime - datetime.fromisoformat(begun.date).timestamp()
    return {
        "environment": begun.model_dump(include=TOLD),
        "minutes": round(seconds / 60, 1),
        "entries": len({result.name for result in results}),
        "cases": len(results),
        "core_seconds": round(sum(result.seconds for result in results)),
        "outcomes": {dtype: dict(Counter(r.outcome.value for r in results if r.dtype == dtype)) for dtype in dtypes},
        "failed": sorted(r.id for r in results if r.outcome in (Outcome.FAILED, Outcome.ERROR)),
    }


def markdown(figures: Mapping[str, Any]) -> str:
    """The counts as a table."""
    outcomes = [outcome.value for outcome in Outcome]
    rows = [f"| dtype | {' | '.join(outcomes)} |", "|---" * (1 + len(outcomes)) + "|"]
    rows += [
        f"| {dtype} | {' | '.join(str(found.get(outcome, 0)) for outcome in outcomes)} |"
        for dtype, found in figures["outcomes"].items()
    ]
    left = [f"- `{case}`" for case in figures["failed"]]
    total = (
        f"{figures['entries']} entries, {figures['cases']:,} cases, {figures['core_seconds']} core-seconds of checks, "
        f"{figures['minutes']} minutes from the first to the last."
    )
    environment = figures["environment"]
    said = f"torch {environment['torch']}, profile {environment['profile']}, seed {environment['seed']}."
    return "\n".join([f"{total} {said}", "", *rows, *(["", "Neither mended nor waived:", "", *left] if left else [])])


if __name__ == "__main__":
    figures = counts(Path(sys.argv[1]))
    Path(__file__).with_suffix(".json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print(markdown(figures))

"""``results.json``: all of it as one document for programs: verdict, counts, and the records as they were written."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel

from gradsuite.reporters.merge import Merged

FILE = "results.json"


def render(merged: Merged) -> str:
    """One JSON document. Infinities and NaN are strings, so that every JSON reader takes it."""
    document = {
        "format": 1,
        "verdict": merged.verdict.value,
        "counts": {outcome.value: count for outcome, count in sorted(merged.counts.items())},
        "runs": [{"label": run.label, **_plain(run.environment)} for run in merged.runs],
        "faults": [_plain(fault) for fault in merged.faults],
        "ops": [_plain(page.op) for page in merged.pages],
        "results": [{"run": merged.runs[p.run].label, **_plain(p.result)} for p in merged.placed],
    }
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n"


def _plain(record: BaseModel) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(record.model_dump_json())
    return plain

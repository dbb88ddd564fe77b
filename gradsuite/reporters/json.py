"""``results.json``: all of it as one document for programs: verdict, counts, and the records as they were written.

``python -m gradsuite.reporters.json`` prints its JSON Schema, in which each record and field is described.
"""

from __future__ import annotations

import json
from typing import Any, Literal, TypeVar

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from gradsuite.reporters.merge import Merged
from gradsuite.results import CaseResult, Environment, Op, Outcome, Record, SpecFault

FILE = "results.json"


class LabelledRun(Environment):
    """Where and how a run was made. ``label`` (A, B, ...) is what its results call it."""

    label: str


class PlacedResult(CaseResult):
    """The outcome of one case: op x device x dtype x check. ``run`` is the label of the run that it came from."""

    run: str


_Labelled = TypeVar("_Labelled", LabelledRun, PlacedResult)


class Document(Record):
    """Everything that a report knows. Infinities and NaN are strings, so that every JSON reader takes it.

    ``verdict`` is the worst outcome, ``counts`` are the cases by outcome; ``repeated`` counts results that a later
    line of the same run replaced.
    """

    format: Literal[1] = 1
    verdict: Outcome
    counts: dict[Outcome, int]
    repeated: int
    runs: tuple[LabelledRun, ...]
    faults: tuple[SpecFault, ...]
    ops: tuple[Op, ...]
    results: tuple[PlacedResult, ...]


def render(merged: Merged) -> str:
    """One JSON document."""
    document = Document(
        verdict=merged.verdict,
        counts=dict(sorted(merged.counts.items())),
        repeated=merged.repeated,
        runs=tuple(_with(LabelledRun, run.environment, label=run.label) for run in merged.runs),
        faults=merged.faults,
        ops=tuple(page.op for page in merged.pages),
        results=tuple(_with(PlacedResult, p.result, run=merged.runs[p.run].label) for p in merged.placed),
    )
    return document.model_dump_json() + "\n"


def schema() -> dict[str, Any]:
    """The JSON Schema of the document."""
    made = Document.model_json_schema(mode="serialization", schema_generator=_Schema)
    return {"$schema": _Schema.schema_dialect, "$id": "urn:gradsuite:results:1", **made, "title": FILE}


class _Schema(GenerateJsonSchema):
    """Numbers as they are written."""

    def float_schema(self, schema: Any) -> dict[str, Any]:
        """A number, or the name of one that JSON has no digits for."""
        return {"anyOf": [super().float_schema(schema), {"enum": ["Infinity", "-Infinity", "NaN"]}]}


def _with(kind: type[_Labelled], record: BaseModel, **label: str) -> _Labelled:
    """``record`` with its label; it was validated when it was read."""
    return kind.model_construct(None, **dict(record), **label)


if __name__ == "__main__":
    print(json.dumps(schema(), indent=2, ensure_ascii=False))

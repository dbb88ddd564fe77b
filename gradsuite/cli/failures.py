"""Failures and errors found again in what runs wrote: in lines, in ``results.json``, in a folder of reports."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from gradsuite.cli import recorded
from gradsuite.errors import UsageError
from gradsuite.results import CaseResult, Environment, Told


class Recorded(NamedTuple):
    """The sample of a failure or of an error, its case, and the torch that showed it."""

    told: Told
    result: CaseResult
    torch: str


def failures(path: Path) -> Iterator[Recorded]:
    """Every failure, and every error with a sample, in ``path``: a file, or all files of results below a folder.

    Raises UsageError where there is no such file, or it cannot be read.
    """
    for file in _files(path):
        try:
            for result, torch in _of_document(file) if file.suffix == ".json" else _of_lines(file):
                last = result.last_sample
                told = (*result.failures, *([last] if last and last.id else []))  # an older gradsuite gave it no id
                yield from (Recorded(each, result, torch) for each in told)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as fault:
            what = str(fault).splitlines()[0] if str(fault) else type(fault).__name__
            raise UsageError(f"{file} does not hold gradsuite's results, or is damaged: {what}") from fault


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(path.rglob("results.jsonl")) or sorted(path.rglob("results.json"))
    if not found:
        raise UsageError(f"no results.jsonl and no results.json below {str(path)!r}")
    return found


def _of_lines(file: Path) -> Iterator[tuple[CaseResult, str]]:
    torch = ""
    for line in recorded.lines(file):
        if isinstance(line, Environment):
            torch = line.torch
        elif isinstance(line, CaseResult):
            yield line, torch


def _of_document(file: Path) -> Iterator[tuple[CaseResult, str]]:
    document = json.loads(file.read_text(encoding="utf-8"))
    torch = {run["label"]: run["torch"] for run in document["runs"]}
    for result in document["results"]:
        run = result.pop("run")
        yield CaseResult.model_validate_json(json.dumps(result)), torch[run]

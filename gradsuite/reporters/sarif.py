"""Faults in spec and waiver files as SARIF 2.1.0, which code hosts show beside the lines that are wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote

from gradsuite.errors import Fault
from gradsuite.reporters import words

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
RULES = {
    "spec": "A spec cannot be used as it is; what it holds is not checked.",
    "waiver": "A waiver cannot be used as it is, or covers no case.",
}


def render(faults: Iterable[Fault]) -> str:
    """One SARIF log of one run; paths are relative to the folder in which gradsuite ran, where they lie below it."""
    driver = {
        "name": "gradsuite",
        "version": version("gradsuite"),
        "rules": [_rule(name, meaning) for name, meaning in RULES.items()],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(fault) for fault in faults],
    }
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, ensure_ascii=False, indent=2) + "\n"


def _rule(name: str, meaning: str) -> dict[str, Any]:
    return {
        "id": name,
        "shortDescription": {"text": meaning},
        "defaultConfiguration": {"level": "error"},
    }


def _result(fault: Fault) -> dict[str, Any]:
    rule = "spec" if fault.path.endswith(".grad.yaml") else "waiver"
    return {
        "ruleId": rule,
        "ruleIndex": list(RULES).index(rule),
        "level": "error",
        "message": {"text": _message(fault)},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _uri(fault.path)},
                    "region": {"startLine": max(fault.line, 1), "startColumn": max(fault.column, 1)},
                }
            }
        ],
    }


def _message(fault: Fault) -> str:
    """Plain text: what SARIF would take for a link is escaped, as it demands."""
    text = words.one_line(f"{fault.what}; {fault.mend}" if fault.mend else fault.what, 1000)
    return re.sub(r"([\\\[\]])", r"\\\1", text) if "](" in text else text


def _uri(path: str) -> str:
    """A relative path as a relative reference; an absolute one as a file URI."""
    return Path(path).as_uri() if Path(path).is_absolute() else quote(Path(path).as_posix())

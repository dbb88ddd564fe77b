"""``docs/clients.md``: the recorded run over published packages, and what a person made of what failed.

python -m power.clients_page
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from power.clients import FIGURES

PAGE = FIGURES.parent.parent / "docs" / "clients.md"
TRIAGE = FIGURES.with_name("triage.json")
HEAD = """# Published packages, as they are

Calls into packages from the package registry that write backward passes by hand. Each was given to `gradsuite.check`
with one set of example inputs and nothing else: no tolerance, no domain, no spec. The examples are of float32, so
float64 and float32 are checked. `python -m power.clients FILE.py` runs them all and records what is said;
`python -m power.clients_page` makes this page of the record, and a test holds that it is so.

Whatever failed was looked at by a person: is the package wrong, is gradsuite, or is it meant so? From `ot` on the
record is of one run, of December 2026; what comes before was run earlier, while gradsuite was mended.
"""
VERDICTS = {
    "package": "wrong in the package",
    "meant": "meant by the package: no derivative, or one of something else",
    "second order": "right in first order, wrong in second order",
    "beyond": "wrong beyond where its author meant it, which the callable takes in silence",
    "refuses": "refuses float64, in which gradsuite takes its differences",
    "gradsuite": "gradsuite is wrong, or too slow: to be mended",
}


def render(rows: Sequence[Mapping[str, Any]], triage: Mapping[str, Mapping[str, str]]) -> str:
    """The page. Raises KeyError where a client failed of which nobody has said what to make."""
    parts = [HEAD, *_sums(rows, triage), "", *_table(rows), "", *_triaged(rows, triage), *_surrogates(rows), ""]
    return "\n".join(parts)


def _failed(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [row for row in rows if row["outcome"] in ("failed", "error", "lost")]


def _sums(rows: Sequence[Mapping[str, Any]], triage: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    outcomes = Counter(row["outcome"] for row in rows)
    packages = len({row["package"] for row in rows})
    told = ", ".join(f"{count} {outcome}" for outcome, count in outcomes.most_common())
    yield f"{len(rows)} calls into {packages} packages: {told}. Of what failed:"
    yield ""
    found = Counter(triage[row["id"]]["verdict"] for row in _failed(rows))
    yield from (f"- {count}: {VERDICTS[verdict]}" for verdict, count in found.most_common())


def _table(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield "| call | package | gradsuite | culprit | by | gradcheck, float64 | seconds |"
    yield "|---" * 7 + "|"
    for row in rows:
        checks = ", ".join(row["checks"][:3]) + (", ..." if len(row["checks"]) > 3 else "")
        theirs = {True: "accepts", False: "refuses", None: "raises"}[row["gradcheck"]]
        cells = (f"`{row['id']}`", f"{row['package']} {row['version']}", row["outcome"], row["culprit"], checks, theirs)
        yield f"| {' | '.join(map(_cell, cells))} | {row['seconds']:.0f} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _triaged(rows: Sequence[Mapping[str, Any]], triage: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    yield "## What failed, looked at"
    for verdict, title in VERDICTS.items():
        found = [row for row in _failed(rows) if triage[row["id"]]["verdict"] == verdict]
        if found:
            yield from ("", f"### {title[0].upper()}{title[1:]}", "")
            yield from (f"- `{row['id']}`: {triage[row['id']]['why']}" for row in found)
    yield ""


def _surrogates(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield "## Surrogates, declared in a word"
    yield ""
    yield "`gradsuite.check(fn, inputs, surrogate=...)` names the function whose derivative the backward gives."
    yield ""
    yield "| call | as it is | `surrogate=` | with it |"
    yield "|---|---|---|---|"
    for row in rows:
        if row["surrogate"]:
            yield f"| `{row['id']}` | {row['outcome']} | `{_cell(row['surrogate'])}` | {row['declared']} |"


def main() -> None:
    """Writes the page."""
    rows, triage = (json.loads(path.read_text(encoding="utf-8")) for path in (FIGURES, TRIAGE))
    PAGE.write_text(render(rows, triage), encoding="utf-8")
    print(PAGE)


if __name__ == "__main__":
    main()

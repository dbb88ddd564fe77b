"""``summary.md``: the verdict for a pull request or a job page: at most 64 KiB, and it says what it left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gradsuite.reporters import mutants, words
from gradsuite.reporters.fitting import Part, fit
from gradsuite.reporters.merge import Finding, Merged, OpPage, Placed
from gradsuite.reporters.quoting import block, code, text
from gradsuite.results import CaseResult, Outcome

FILE = "summary.md"
LIMIT = 2**16  # bytes; job pages take more, but nobody reads it there
_BROKEN = (Outcome.FAILED, Outcome.ERROR)


def render(merged: Merged) -> str:
    """The verdict, the runs, what failed and how to replay it, what could not be run, and a table of ops."""
    parts = [_runs(merged), _faults(merged), _findings(merged), _errors(merged), _waived(merged), _table(merged)]
    kept = fit(parts, LIMIT)
    return "\n\n".join([_head(merged), *_cut(kept), *map(str, kept)]) + "\n"


def _head(merged: Merged) -> str:
    tally = ", ".join(f"{merged.counts[o]:,} {o.value}" for o in words.GLYPH if merged.counts[o])
    counted = mutants.count(p.result for p in merged.placed)
    noticed = f"; {counted} mutants noticed" if counted else ""
    return f"# {words.GLYPH[merged.verdict]} gradsuite: {words.headline(merged)}\n\n{tally or 'no cases'}{noticed}"


def _cut(parts: Sequence[Part]) -> Iterator[str]:
    """What was left out, and where it is."""
    told = [words.counted(part.left_out, f"more {part.noun}") for part in parts if part.left_out]
    if told:
        yield f"**Cut to 64 KiB: {', '.join(told)} in `index.html` and `results.json`.**"


def _runs(merged: Merged) -> Part:
    head = "| run | torch | python | platform | devices | profile | seed | date |\n" + "|---" * 8 + "|"
    rows = []
    for run in merged.runs:
        e = run.environment
        cells = (run.label, e.torch, e.python, e.platform, ", ".join(e.devices), e.profile, str(e.seed), e.date)
        rows.append("| " + " | ".join(text(cell, 200) for cell in cells) + " |")
    return Part("run", head, tuple(rows))


def _faults(merged: Merged) -> Part:
    lines = (
        f"- {code(f'{f.path}:{f.line}:{f.column}', 400)} {text(f.what)}" + (f"; {text(f.mend)}" if f.mend else "")
        for f in merged.faults
    )
    return Part("fault", "## Faults in spec files\n", tuple(lines))


def _findings(merged: Merged) -> Part:
    return Part("mistake", "## What failed", tuple(map(_finding, merged.findings)), joint="\n\n")


def _finding(finding: Finding) -> str:
    failure, first = finding.failure, finding.cases[0].result
    return "\n".join(
        [
            f"### {text(finding.page.op.name)}: {words.BLAME[failure.culprit]}",
            "",
            f"{text(words.story(failure), 1000)}. {_where(finding.cases)}.",
            "",
            block(failure.replay or first.id),
        ]
    )


def _errors(merged: Merged) -> Part:
    """Cases of one op that could not be run for one reason, told once."""
    grouped: dict[tuple[str, str], list[Placed]] = {}
    for placed in merged.placed:
        if placed.result.outcome is Outcome.ERROR:
            grouped.setdefault((placed.result.name, placed.result.reason), []).append(placed)
    lines = (
        f"- {code(name, 100)} {text(reason)}. {_where(cases)}{_replayed(cases[0].result)}."
        for (name, reason), cases in grouped.items()
    )
    return Part("error", "## What could not be run\n", tuple(lines))


def _replayed(result: CaseResult) -> str:
    """What runs the sample of an error again, if it is stored."""
    told = result.last_sample
    return "" if told is None or told.stored is None else f"; again: {code(words.replayed(told), 200)}"


def _where(cases: Sequence[Placed]) -> str:
    places = dict.fromkeys(f"{p.result.check} {p.result.device}-{p.result.dtype}" for p in cases)
    return f"In {words.counted(len(cases), 'case')}: {text(', '.join(places))}"


def _waived(merged: Merged) -> Part:
    waived = (p.result for p in merged.placed if p.result.outcome is Outcome.WAIVED)
    return Part("waived case", "## Waived\n", tuple(f"- {code(r.id, 400)} {text(r.reason)}" for r in waived))


def _table(merged: Merged) -> Part:
    """What fails comes first: if the table is cut, it is cut where all is well."""
    outcomes = [o for o in words.GLYPH if merged.counts[o]]
    counted = mutants.count(p.result for p in merged.placed)
    heads = [f"{words.GLYPH[o]} {o.value}" for o in outcomes] + ["mutants noticed"] * bool(counted)
    head = f"## Ops\n\n| op | {' | '.join(heads)} |\n|---" + "|---:" * len(heads) + "|"
    pages = sorted(merged.pages, key=lambda page: page.verdict not in _BROKEN) if outcomes else ()
    return Part("op", head, tuple(_row(page, outcomes, len(heads)) for page in pages))


def _row(page: OpPage, outcomes: list[Outcome], columns: int) -> str:
    cells = [f"{page.counts[o]:,}" if page.counts[o] else "" for o in outcomes]
    cells.append(str(mutants.count(p.result for p in page.placed) or ""))
    return f"| {code(page.op.name, 100).replace('|', '/')} | {' | '.join(cells[:columns])} |"

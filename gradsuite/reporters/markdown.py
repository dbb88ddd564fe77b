"""``summary.md``: the verdict for a pull request or a job summary, capped well below what hosts accept (1 MiB)."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from itertools import islice

from gradsuite.reporters import mutants, words
from gradsuite.reporters.merge import Finding, Merged, OpPage
from gradsuite.results import Outcome

FILE = "summary.md"
_MOST = 50  # entries of a list; the page has all of them


def render(merged: Merged) -> str:
    """The verdict, the runs, what failed and how to replay it, and a table of ops."""
    parts = [_head(merged), _runs(merged), _faults(merged), _findings(merged), _waived(merged), _table(merged)]
    return "\n\n".join(part for part in parts if part) + "\n"


def text(raw: str, limit: int = 400) -> str:
    """``raw`` as one line of Markdown that means itself: no markup, no HTML, no table or code breaks out of it."""
    line = words.one_line(raw, limit)
    return re.sub(r"([\\`*_\[\]|~#@!:])", r"\\\1", html.escape(line, quote=False))


def code(raw: str, limit: int = 2000) -> str:
    """``raw`` as inline code, fenced by more backticks than it holds."""
    line = words.one_line(raw, limit) or " "
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", line)), default=0))
    return f"{fence} {line} {fence}" if "`" in line else f"{fence}{line}{fence}"


def block(raw: str, limit: int = 4000) -> str:
    """``raw`` as a fenced block, fenced by more backticks than it holds."""
    body = words.clip(words.clean(raw), limit)
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", body)), default=0))
    return f"{fence}\n{body}\n{fence}"


def _head(merged: Merged) -> str:
    tally = ", ".join(f"{merged.counts[o]:,} {o.value}" for o in words.GLYPH if merged.counts[o])
    counted = mutants.count(merged.placed)
    noticed = f"; {counted} mutants noticed" if counted else ""
    return f"# {words.GLYPH[merged.verdict]} gradsuite: {words.headline(merged)}\n\n{tally or 'no cases'}{noticed}"


def _runs(merged: Merged) -> str:
    rows = ["| run | torch | python | platform | devices | profile | seed | date |", "|---" * 8 + "|"]
    for run in merged.runs:
        e = run.environment
        cells = (run.label, e.torch, e.python, e.platform, ", ".join(e.devices), e.profile, str(e.seed), e.date)
        rows.append("| " + " | ".join(map(text, cells)) + " |")
    return "\n".join(rows) if merged.runs else ""


def _faults(merged: Merged) -> str:
    lines = [
        f"- {code(f'{f.path}:{f.line}:{f.column}')} {text(f.what)}" + (f"; {text(f.mend)}" if f.mend else "")
        for f in merged.faults[:_MOST]
    ]
    return "\n".join(["## Faults in spec files", "", *lines, *_rest(len(merged.faults))]) if lines else ""


def _findings(merged: Merged) -> str:
    if not merged.findings:
        return ""
    entries = [_finding(finding) for finding in merged.findings[:_MOST]]
    return "\n\n".join(["## What failed", *entries, *_rest(len(merged.findings))])


def _finding(finding: Finding) -> str:
    failure, first = finding.failure, finding.cases[0].result
    where = ", ".join(dict.fromkeys(f"{p.result.check} {p.result.device}-{p.result.dtype}" for p in finding.cases))
    return "\n".join(
        [
            f"### {text(finding.page.op.name)}: {words.BLAME[failure.culprit]}",
            "",
            f"{text(words.story(failure), 1000)}. In {words.counted(len(finding.cases), 'case')}: {text(where)}.",
            "",
            block(failure.replay or first.id),
        ]
    )


def _waived(merged: Merged) -> str:
    waived = (p.result for p in merged.placed if p.result.outcome is Outcome.WAIVED)
    lines = [f"- {code(result.id)} {text(result.reason)}" for result in islice(waived, _MOST)]
    more = _rest(merged.counts[Outcome.WAIVED])
    return "\n".join(["## Waived", "", *lines, *more]) if lines else ""


def _table(merged: Merged) -> str:
    outcomes = [o for o in words.GLYPH if merged.counts[o]]
    heads = [f"{words.GLYPH[o]} {o.value}" for o in outcomes] + ["mutants noticed"] * bool(mutants.count(merged.placed))
    rows = [f"| op | {' | '.join(heads)} |", "|---" + "|---:" * len(heads) + "|"]
    rows.extend(_row(page, outcomes, len(heads)) for page in merged.pages[:1000])
    return "\n".join(["## Ops", "", *rows]) if merged.pages and outcomes else ""


def _row(page: OpPage, outcomes: list[Outcome], columns: int) -> str:
    cells = [f"{page.counts[o]:,}" if page.counts[o] else "" for o in outcomes]
    cells.append(str(mutants.count(page.placed) or ""))
    return f"| {code(page.op.name, 100).replace('|', '/')} | {' | '.join(cells[:columns])} |"


def _rest(total: int) -> Iterator[str]:
    if total > _MOST:
        yield f"… and {total - _MOST:,} more in the page"

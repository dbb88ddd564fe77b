"""Progress and the closing summary, on a terminal and elsewhere."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console

from gradsuite.reporters.terminal import Progress, summarise
from gradsuite.results import Line
from tests.reporters import recorded


def shown(lines: Iterable[Line], *, terminal: bool = False, width: int = 60) -> str:
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=width, highlight=False)
    found = list(lines)
    with Progress(sum(line.kind == "result" for line in found), console=console) as progress:
        for line in found:
            progress.add(line)
    summarise(found, report=Path("reports/index.html"), console=console)
    return out.getvalue()


def test_elsewhere_lines_are_plain() -> None:
    text = shown(recorded.lines())
    assert "\x1b" not in text
    assert "778 of 778 cases in 0 s: 706 passed, 5 failed, 1 error" in text


def test_on_a_terminal_there_is_a_bar() -> None:
    text = shown(recorded.lines(), terminal=True, width=120)
    assert "━" in text
    assert "778/778" in text


def test_the_summary_has_counts_culprits_replays_and_the_report() -> None:
    text = shown(recorded.lines())
    assert "682 passed, 5 failed, 1 error, 1 inconclusive, 1 waived, 64 unsupported" in text
    assert "the spec is wrong: reverse mode and the differences" in text
    assert "report: reports/index.html" in text
    assert "! specs/loss/huber.grad.yaml:7:11: unknown key 'shapes'; did you mean 'shape'?" in text


def test_replay_commands_are_never_wrapped() -> None:
    assert recorded.wrong_spec().replay in shown(recorded.lines(), width=40)


def test_a_failure_is_told_as_it_happens() -> None:
    first = shown(recorded.lines()).splitlines()[0]
    assert first.startswith("✕ specs/activation/softmax.grad.yaml::softmax::reverse[cpu-float64]")


def test_recorded_text_cannot_steer_the_terminal() -> None:
    text = shown(recorded.hostile())
    assert "\x1b" not in text
    assert "[red]markup[/red]" in text


def test_a_run_without_cases_says_so() -> None:
    assert "Nothing was run" in shown([])

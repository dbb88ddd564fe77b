"""The changes in the terminal and as a page."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from gradsuite.changes import Changes, compare, page, terminal
from gradsuite.reporters.merge import merge
from gradsuite.results import Line
from tests.changes import two_runs
from tests.reporters import recorded
from tests.reporters.sheets import Sheet, assert_harmless, assert_named


def shown(changes: Changes) -> list[str]:
    out = io.StringIO()
    console = Console(file=out, width=80, highlight=False)
    for line in terminal.lines(changes):
        console.print(line, soft_wrap=True)
    return out.getvalue().splitlines()


def changed(base: list[Line], new: list[Line]) -> Changes:
    return compare(merge(base), merge(new))


@pytest.fixture(scope="module")
def changes() -> Changes:
    return compare(*two_runs.merged())


@pytest.fixture(scope="module")
def sheet(changes: Changes) -> Sheet:
    return assert_harmless(page.render(changes))


def test_every_change_begins_with_its_mark(changes: Changes) -> None:
    lines = shown(changes)
    assert "! tanh, 4 cases: passed → failed; reverse cpu-float64 cpu-float32 cpu-bfloat16 cpu-float16" in lines
    assert "* softmax, 3 cases: failed → passed; reverse cpu-float64 cpu-float32, adjoint cpu-float64" in lines
    assert "~ logcumsumexp, 1 case: waived; precision cpu-bfloat16" in lines
    assert any(line.startswith("> log, 1 case: ") and "natural errors, 3 bits lost" in line for line in lines)
    assert any(line.startswith("< log, 1 case: ") and "natural errors, 3 bits won" in line for line in lines)
    assert any(line.startswith("+ cosh, 13 cases: passed") for line in lines)
    assert any(line.startswith("- pow, 10 cases: passed") for line in lines)


def test_what_regressed_says_why_and_how_to_see_it_again(changes: Changes) -> None:
    lines = shown(changes)
    place = next(k for k, line in enumerate(lines) if line.startswith("! tanh"))
    assert lines[place + 1].startswith("    the backward is wrong")
    assert lines[place + 2] == f"    {recorded.wrong_constant('float64').replay}"


def test_the_last_line_counts_and_the_first_say_what_was_compared(changes: Changes) -> None:
    lines = shown(changes)
    assert lines[-1] == (
        "! 14 regressed, * 3 fixed, ~ 1 changed, > 1 less-accurate, < 1 more-accurate, + 13 added, - 10 removed, "
        "= 724 as before"
    )
    assert lines[0].startswith("base  2026-03-02")
    assert "      torch: 2.13.0+cpu; 2.13.0+cu130 → 2.14.0+cpu; 2.14.0+cu130" in lines


def test_other_samples_are_a_warning() -> None:
    lines = two_runs.base()
    other = [lines[0].model_copy(update={"seed": 7}), *lines[1:]]
    assert any("other samples (seed): figures move by chance, too" in line for line in shown(changed(lines, other)))


def test_a_terminal_shows_so_many_and_counts_the_rest() -> None:
    ops = [recorded.softmax().model_copy(update={"name": f"op{k}", "path": f"{k}.grad.yaml"}) for k in range(50)]
    lines = shown(changed([], [recorded.case(op, "value", dtype) for op in ops for dtype in recorded.REAL]))
    assert len(lines) < 60
    assert "+ … and 40 more added; -o FILE writes a page with more" in lines


@pytest.mark.parametrize(
    "piece",
    [
        "14 regressed, 3 fixed",
        "754 cases in the base, 757 cases in the new run; 724 as before.",
        "2.13.0+cpu; 2.13.0+cu130",
        "the backward is wrong",
        "natural errors",
        "cosh",
        "fails or cannot be run, and did not before",
    ],
)
def test_the_page_tells(sheet: Sheet, piece: str) -> None:
    assert piece in sheet.text


def test_what_is_seen_is_said(sheet: Sheet) -> None:
    assert_named(sheet)


def test_a_page_of_everything_says_what_it_left_out() -> None:
    ops = [recorded.softmax().model_copy(update={"name": f"op{k}", "path": f"{k}.grad.yaml"}) for k in range(310)]
    good = [recorded.case(op, "value", "float64") for op in ops]
    bad = [result.model_copy(update=two_runs.WRONG) for result in good]
    sheet = assert_harmless(page.render(changed([*good], [*bad])))
    assert "10 more changes of this kind not shown" in sheet.text
    assert "10 more ops not shown" in sheet.text


def test_nothing_changed_is_a_page_too() -> None:
    assert "Nothing changed" in assert_harmless(page.render(changed([], []))).text


@pytest.mark.parametrize("side", ["base", "new", "both"])
def test_hostile_text_does_nothing(side: str) -> None:
    base = recorded.hostile() if side != "new" else recorded.lines()
    new = recorded.hostile() if side != "base" else recorded.lines()
    if side == "both":  # each case is there twice, and has regressed
        new = [line.model_copy(update=two_runs.WRONG) if line.kind == "result" else line for line in new]
    changes = changed(base, new)
    sheet = assert_harmless(page.render(changes))
    assert "<script>window.owned=1</script>" in sheet.text
    for text in (sheet.source, "\n".join(shown(changes))):
        assert "\x1b" not in text
        assert "\u202e" not in text

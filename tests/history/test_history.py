"""Runs are remembered once each; each op's trend is told in the terminal and as a page."""

from __future__ import annotations

import io
import math
import sqlite3
from pathlib import Path

import pytest
from rich.console import Console

from gradsuite.errors import UsageError
from gradsuite.history import History, Trend, page, spark, terminal
from gradsuite.history.trends import trends
from gradsuite.reporters.merge import merge
from gradsuite.results import CaseResult, Environment, Line, Measures, Outcome
from tests.reporters import recorded
from tests.reporters.sheets import assert_harmless, assert_named

SOFTMAX = recorded.softmax()


def run(week: int, *results: CaseResult, **changed: object) -> list[Line]:
    environment = recorded.environments()[0]
    date = f"2026-03-{week:02}T09:00:00+00:00"
    return [environment.model_copy(update={"date": date, **changed}), SOFTMAX, *results]


def case(outcome: Outcome = Outcome.PASSED, dtype: str = "float64", error: float | None = 1.0) -> CaseResult:
    return recorded.case(SOFTMAX, "precision", dtype, outcome=outcome, measures=Measures(worst_ratio=error))


@pytest.fixture
def history(tmp_path: Path) -> History:
    """Three weeks: all well, a failure with a larger error, the same again."""
    kept = History(tmp_path / "deep" / "history.sqlite")
    for week, outcome, error in ((1, Outcome.PASSED, 1.0), (2, Outcome.FAILED, 64.0), (3, Outcome.FAILED, 64.0)):
        kept.add(merge(run(week, case(outcome, error=error), case(dtype="float32"), torch=f"2.{week}.0")))
    return kept


def found(kept: History, last: int = 30) -> tuple[dict[int, Environment], list[Trend]]:
    runs = kept.runs(last)
    return runs, trends(kept.totals(last), runs)


def shown(kept: History, last: int = 30) -> str:
    out = io.StringIO()
    console = Console(file=out, width=80, highlight=False)
    for line in terminal.lines(*found(kept, last)):
        console.print(line, soft_wrap=True)
    return out.getvalue()


def test_a_trend_has_a_sign_for_each_run_and_says_since_when(history: History) -> None:
    head, line = shown(history).splitlines()
    assert head == "3 runs, 2026-03-01 to 2026-03-03"
    assert " ".join(line.split()) == (
        "✓✕✕ softmax cpu failed since 2026-03-02, torch 2.2.0, 1 of 2 cases ▄██ 64 natural errors"
    )


def test_each_case_can_be_followed(history: History) -> None:
    _, (trend,) = found(history)
    told = history.cases(trend.path, trend.op, trend.device, 30)
    assert len(told) == 6
    assert [line.plain for line in terminal.cases(trend, told)] == [
        "  ✓✕✕  specs/activation/softmax.grad.yaml::softmax::precision[cpu-float64]"
    ]


def test_the_same_run_counts_once_and_its_last_telling_holds(history: History) -> None:
    assert history.add(merge(run(3, case(), torch="2.3.0"))) == 0
    runs, (trend,) = found(history)
    assert len(runs) == 3
    assert (trend.now.verdict, trend.now.counts.total()) == (Outcome.PASSED, 1)


def test_runs_are_in_order_of_their_dates_however_they_were_added(history: History) -> None:
    assert history.add(merge(run(28, case()))) == 1
    assert history.add(merge(run(10, case(Outcome.ERROR)))) == 1
    assert "✓✕✕!✓" in shown(history)


def test_only_the_last_runs_are_shown(history: History) -> None:
    head, line = shown(history, last=2).splitlines()
    assert head == "2 runs, 2026-03-02 to 2026-03-03"
    assert line.startswith("✕✕  softmax")
    assert "failed in every run" in line


def test_devices_have_trends_of_their_own(history: History) -> None:
    cuda = [recorded.case(SOFTMAX, "precision", "float64", device="cuda")]
    history.add(merge(run(2, *cuda, devices=("cuda",))))
    signs = {trend.device: len(trend.course) for trend in found(history)[1]}
    assert signs == {"cpu": 3, "cuda": 1}


def test_what_a_run_did_not_have_is_a_gap(history: History) -> None:
    other = recorded.case(recorded.linear(), "value", "float64")
    history.add(merge(run(9, other)))
    assert "✓✕✕   softmax" in shown(history)
    assert "   ✓  linear" in shown(history)


def test_what_fails_comes_first_then_what_changed(tmp_path: Path) -> None:
    kept = History(tmp_path / "history.sqlite")
    steady, mended, broken = (recorded.simple(name, "a", "", "0", "") for name in ("aa", "bb", "cc"))
    for week, bad in ((1, mended), (2, broken)):
        outcomes = {op.name: Outcome.FAILED if op is bad else Outcome.PASSED for op in (steady, mended, broken)}
        cases = (recorded.case(op, "value", "float64", outcome=outcomes[op.name]) for op in (steady, mended, broken))
        kept.add(merge(run(week, *cases)))
    assert [trend.op for trend in found(kept)[1]] == ["cc", "bb", "aa"]


def test_the_page_has_a_drawing_for_each_op_and_names_it(history: History) -> None:
    sheet = assert_harmless(page.render(*found(history)))
    assert_named(sheet)
    assert "Failing now: 1 of 1 op" in sheet.text
    assert "failed since 2026-03-02, torch 2.2.0" in sheet.text
    assert 'aria-label="passed in 1 run, then failed in 2 runs"' in sheet.source
    assert sheet.source.count('class="curve"') == 1


def test_an_empty_history_is_shown_too(tmp_path: Path) -> None:
    kept = History(tmp_path / "history.sqlite")
    kept.add(merge([]))
    assert shown(kept) == "no runs yet\n"
    assert "Nothing fails now" in assert_harmless(page.render(*found(kept))).text


def test_what_is_not_a_number_is_as_far_off_as_can_be(tmp_path: Path) -> None:
    kept = History(tmp_path / "history.sqlite")
    kept.add(merge(run(1, case(error=math.nan), case(dtype="float32", error=None))))
    assert found(kept)[1][0].now.error == math.inf
    assert "∞ natural errors" in shown(kept)


@pytest.mark.parametrize(
    ("errors", "line"), [([1.0, 64.0, None], "▄█ "), ([0.0, 1e-9], "▁▁"), ([math.inf, 1.0], "█▁"), ([], "")]
)
def test_errors_are_columns_on_a_logarithmic_scale(errors: list[float | None], line: str) -> None:
    assert spark.line(errors) == line


def test_hostile_text_does_nothing(tmp_path: Path) -> None:
    kept = History(tmp_path / "history.sqlite")
    kept.add(merge(recorded.hostile()))
    sheet = assert_harmless(page.render(*found(kept)))
    assert "<script>window.owned=1</script>" in sheet.text
    for text in (sheet.source, shown(kept)):
        assert "\x1b" not in text
        assert "\u202e" not in text


@pytest.mark.parametrize("content", [b"no database, but long enough for one" * 20, "other", "newer", "odd"])
def test_a_file_that_is_no_history_is_refused(tmp_path: Path, history: History, content: bytes | str) -> None:
    file = tmp_path / "deep" / "history.sqlite"
    if isinstance(content, bytes):
        file.write_bytes(content)
    else:
        statements = {
            "other": "PRAGMA application_id = 7",
            "newer": "PRAGMA user_version = 2",
            "odd": "UPDATE outcomes SET outcome = x'ff'",
        }
        database = sqlite3.connect(file)
        database.executescript(statements[content])
        database.close()
    with pytest.raises(UsageError, match=r"cannot be used as a history: .*; give another --file"):
        shown(history)

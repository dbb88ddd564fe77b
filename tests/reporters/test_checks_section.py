from __future__ import annotations

from gradsuite.reporters.html import render
from gradsuite.reporters.merge import merge
from gradsuite.results import Environment
from tests.reporters import recorded


def _page(**meanings: str) -> str:
    lines = [
        line.model_copy(update={"checks": meanings}) if isinstance(line, Environment) else line
        for line in recorded.lines()
    ]
    return render(merge(lines))


def test_a_check_that_was_run_is_explained_in_its_own_words() -> None:
    page = _page(reverse="Reverse mode is right.\n\nIt is held against\ndifferences.")
    assert "<strong>Reverse mode is right.</strong><p>It is held against differences.</p>" in page


def test_a_check_that_was_not_run_is_left_out() -> None:
    assert "Nobody ran this." not in _page(reverse="Right.", unheard_of="Nobody ran this.")


def test_a_hostile_meaning_is_shown_and_does_nothing() -> None:
    page = _page(reverse="<script>alert(1)</script>")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert(1)" not in page

"""docs/power.md says what was measured, and nothing else."""

from __future__ import annotations

from power.page import PAGE, render


def test_the_page_is_made_of_the_figures() -> None:
    assert PAGE.read_text(encoding="utf-8") == render()

"""The page of finds cannot lie: each program prints what the page says, and the page is made of the files."""

from __future__ import annotations

import pytest
import torch

from finds import PAGE, RELEASE, finds, page, printed

FINDS = finds()


@pytest.mark.skipif(torch.__version__.partition("+")[0] != RELEASE, reason=f"finds are facts about torch {RELEASE}")
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", FINDS)
def test_the_program_prints_what_the_page_says(name: str) -> None:
    assert printed(FINDS[name].program) == FINDS[name].prints


@pytest.mark.parametrize("name", FINDS)
def test_the_truth_is_computed_and_is_another(name: str) -> None:
    find = FINDS[name]
    assert printed(find.truth) == find.truth_prints
    assert find.truth_prints != find.prints


@pytest.mark.parametrize("name", FINDS)
def test_a_program_needs_torch_alone(name: str) -> None:
    imports = [line for line in FINDS[name].program.splitlines() if line.startswith(("import ", "from "))]
    assert all(line.split()[1].partition(".")[0] == "torch" for line in imports)


def test_the_page_is_made_of_the_files() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m finds"

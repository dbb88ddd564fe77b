"""A browser, and reports to read in it as a person would."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from gradsuite.reporters import write_all
from tests.reporters import recorded
from tests.reporters.visit import Visit


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The report of ``recorded.lines()``."""
    folder = tmp_path_factory.mktemp("report")
    write_all(recorded.lines(), folder)
    return (folder / "index.html").as_uri()


@pytest.fixture(scope="session")
def small_address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The report of ``recorded.few()``: for what looks at each element."""
    folder = tmp_path_factory.mktemp("small_report")
    write_all(recorded.few(), folder)
    return (folder / "index.html").as_uri()


@pytest.fixture(scope="module")
def visit(browser: Any, address: str) -> Visit:
    """A page that stays open for a module's tests."""
    return Visit(browser, address)


@pytest.fixture
def page(visit: Visit, address: str) -> Iterator[Any]:
    """The report, opened anew, of which nothing may complain."""
    visit.page.goto("about:blank")
    visit.page.goto(address)
    yield visit.page
    assert not visit.complaints

"""The table at the end of a benchmark run: gradsuite beside gradcheck, op by op."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import torch

TIMES = pytest.StashKey[dict[str, dict[str, float]]]()
COLUMNS = ("gradsuite us", "fast us", "slow us", "fast/gradsuite", "slow/gradsuite", "inputs")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[TIMES] = {}


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Each side computes on one thread: what is compared is work, not scheduling."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def record(request: pytest.FixtureRequest) -> Callable[[str, str, int, float], None]:
    """Keeps the shortest time, in seconds, of one side of one op: the one that other processes disturbed least."""
    times = request.config.stash[TIMES]

    def keep(op: str, side: str, inputs: int, seconds: float) -> None:
        times.setdefault(op, {"inputs": inputs})[side] = seconds * 1e6

    return keep


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    times = config.stash[TIMES]
    if not times:
        return
    terminalreporter.section("one sample: the reverse check beside torch.autograd.gradcheck (shortest time of each)")
    terminalreporter.write_line(f"{'op':<18}" + "".join(f"{name:>16}" for name in COLUMNS))
    for op, row in times.items():
        terminalreporter.write_line(f"{op:<18}" + "".join(f"{cell:>16}" for cell in _cells(row)))


def _cells(row: dict[str, float]) -> Iterator[str]:
    yield from (_number(row.get(side)) for side in ("gradsuite", "fast", "slow"))
    for side in ("fast", "slow"):
        yield _number(row[side] / row["gradsuite"] if side in row and "gradsuite" in row else None)
    yield f"{row['inputs']:.0f}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}" if value < 100 else f"{value:,.0f}"

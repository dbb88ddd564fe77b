"""Under pytest-randomly: cases are shuffled, and those that share samples stay together."""

from __future__ import annotations

from itertools import groupby

import pytest

from tests.plugin.test_collection import ids

pytest.importorskip("pytest_randomly", reason="pytest-randomly is not installed: install gradsuite[dev]")


def test_groups_stay_together_in_any_order(host: pytest.Pytester) -> None:
    host.makeini("[pytest]\n")
    host.makepyfile("def test_host(): pass")
    orders = [ids(host.runpytest("--collect-only", "-q", f"--randomly-seed={seed}")) for seed in (1, 2)]
    assert orders[0] != orders[1] and sorted(orders[0]) == sorted(orders[1])
    for order in orders:
        groups = [name for name, _ in groupby(order, key=_group)]
        assert len(groups) == len(set(groups)) > 8


def test_shuffled_cases_have_the_same_outcomes(host: pytest.Pytester) -> None:
    host.makeini("[pytest]\n")
    result = host.runpytest("--randomly-seed=3", "-k", "value or reverse")
    result.assert_outcomes(passed=14, failed=2)


def _group(name: str) -> str:
    """``exp.grad.yaml::exp::...[cpu-float64]`` without its check."""
    path, _, case = name.rpartition("::")
    return f"{path} {case.partition('[')[2]}"

"""Until gradsuite is used, a host suite does not notice that it is installed."""

from __future__ import annotations

import pytest


def test_a_host_suite_imports_nothing_and_sees_nothing(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    pytester.makepyfile(
        """
        import sys
        HEAVY = {"torch", "numpy", "hypothesis", "flint", "pydantic", "yaml"}
        def test_first(): pass
        def test_second(): assert not HEAVY & set(sys.modules)
        """
    )
    shown = []
    for option in ("gradsuite", "no:gradsuite"):
        plugin = () if option == "gradsuite" else ("-p", option)
        result = pytester.runpytest_subprocess("-p", "no:randomly", "-p", "no:cacheprovider", *plugin)
        result.assert_outcomes(passed=2)
        shown.append([line for line in result.outlines[:-1] if not line.startswith("plugins:")])
    assert shown[0] == shown[1]

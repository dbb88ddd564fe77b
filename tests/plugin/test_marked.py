"""The marker and the fixture: a project's own ops, judged by the real runner."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import gradsuite.plugin.fixture
import gradsuite.plugin.marked
import gradsuite.plugin.report  # noqa: F401 - nor need these
from gradsuite.results import CaseResult, Environment, Line, Op, read
from tests.plugin.test_collection import ids

KERNELS = """
import torch

class Scale(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, factor):
        ctx.factor = factor
        return x * factor

    @staticmethod
    def backward(ctx, ct):
        return ct * (ctx.factor if ctx.factor < 3 else 1), None

def twice(x):
    return Scale.apply(x, 2.0)

def thrice(x):  # its backward forgets the factor
    return Scale.apply(x, 3.0)
"""
TESTS = """
import pytest, torch, kernels

X = torch.tensor([0.5, 1.5, -2.0], dtype=torch.float64, requires_grad=True)
judged = pytest.mark.gradsuite(inputs=X, checks=["reverse", "graph"])

@judged
def test_twice():
    return kernels.twice

@judged
@pytest.mark.parametrize("factor", [2, 3])
def test_scale(factor):
    return lambda x: kernels.Scale.apply(x, factor)

@pytest.mark.gradsuite(op="kernels:twice", inputs=(X,), checks=["reverse"], dtypes=[torch.float32, torch.float64])
def test_taken(op):
    assert op(torch.ones(1)) == 2

@pytest.mark.xfail(strict=True)
@pytest.mark.gradsuite(op=kernels.thrice, inputs=(X,), checks=["reverse"])
def test_known_to_be_wrong():
    pass

class TestInAClass:
    @judged
    def test_twice(self):
        return kernels.twice

@pytest.fixture
def broken():
    raise ValueError("no kernel was built")

@judged
def test_not_set_up(broken):
    return kernels.twice

@judged
def test_nothing():
    assert kernels

def test_fixture(gradsuite_check):
    report = gradsuite_check(kernels.twice, X, checks=["reverse"])
    assert report.ok and report.results
    gradsuite_check(kernels.twice, (X,), checks=["reverse"])

def test_fixture_fails(gradsuite_check):
    gradsuite_check(kernels.thrice, (X,), checks=["reverse"], name="three times")

def test_of_the_host():
    pass
"""
OPTIONS = (
    "--gradsuite-report=out",
    "--gradsuite-profile=quick",
)


EXPECTED = {
    "test_kernels.py::test_twice::twice::graph[cpu-float64]": "passed",
    "test_kernels.py::test_twice::twice::reverse[cpu-float64]": "passed",
    "test_kernels.py::test_scale::scale[2]::graph[cpu-float64]": "passed",
    "test_kernels.py::test_scale::scale[2]::reverse[cpu-float64]": "passed",
    "test_kernels.py::test_scale::scale[3]::graph[cpu-float64]": "passed",
    "test_kernels.py::test_scale::scale[3]::reverse[cpu-float64]": "failed",
    "test_kernels.py::test_taken::taken::reverse[cpu-float32]": "passed",
    "test_kernels.py::test_taken::taken::reverse[cpu-float64]": "passed",
    "test_kernels.py::test_known_to_be_wrong::known_to_be_wrong::reverse[cpu-float64]": "waived",
    "test_kernels.py::TestInAClass::test_twice::twice::graph[cpu-float64]": "passed",
    "test_kernels.py::TestInAClass::test_twice::twice::reverse[cpu-float64]": "passed",
    "test_kernels.py::test_not_set_up::not_set_up::graph[cpu-float64]": "error",
    "test_kernels.py::test_not_set_up::not_set_up::reverse[cpu-float64]": "error",
    "test_kernels.py::test_nothing::nothing::graph[cpu-float64]": "error",
    "test_kernels.py::test_nothing::nothing::reverse[cpu-float64]": "error",
    "test_kernels.py::test_fixture::twice::reverse[cpu-float64]": "passed",
    "test_kernels.py::test_fixture::twice #2::reverse[cpu-float64]": "passed",
    "test_kernels.py::test_fixture_fails::three times::reverse[cpu-float64]": "failed",
}


def recorded(folder: Path) -> tuple[list[Line], dict[str, CaseResult]]:
    lines = list(read(folder / "results.jsonl"))
    return lines, {line.id: line for line in lines if isinstance(line, CaseResult)}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    (folder / "kernels.py").write_text(KERNELS)
    (folder / "test_kernels.py").write_text(TESTS)
    (folder / "pytest.ini").write_text("[pytest]\naddopts = -p no:randomly\npythonpath = .\n")
    return folder


@pytest.fixture
def run(project: Path, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.Pytester]:
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    monkeypatch.chdir(project)
    yield pytester


def test_every_way_is_judged_told_and_recorded(run: pytest.Pytester, project: Path) -> None:
    result = run.runpytest(*OPTIONS)
    result.assert_outcomes(passed=11, failed=4, errors=2, xfailed=1)
    result.stdout.fnmatch_lines(
        [
            "test_kernels.py::test_scale::scale?3?::reverse?cpu-float64?",
            "*reverse mode along a tangent: the backward is wrong*",
            "*again: pytest *test_kernels.py::test_scale?3-reverse-cpu-float64?* --gradsuite-seed=0*",
            "the test returns nothing to judge; return the op, or name it: op='package.module:function'",
            "*three times: failed (1 failed)*",
            "*report: *index.html*",
        ]
    )
    assert "gradsuite/plugin" not in result.stdout.str()
    lines, results = recorded(project / "out")
    assert isinstance(lines[0], Environment) and lines[0].command.startswith("pytest --gradsuite-report=out")
    assert {line.name for line in lines if isinstance(line, Op)} >= {"twice", "scale[2]", "three times"}
    assert {name: result.outcome.value for name, result in results.items()} == EXPECTED
    assert "three times" in (project / "out" / "index.html").read_text(encoding="utf-8")
    assert not list((project / "out").glob("under-way*"))


def test_an_op_that_can_be_imported_is_told_by_its_path(run: pytest.Pytester, project: Path) -> None:
    run.runpytest(*OPTIONS, "-k", "test_taken and float32").assert_outcomes(passed=1)
    _, results = recorded(project / "out")
    assert {result.op for result in results.values()} == {"kernels:twice"}


@pytest.mark.parametrize(
    ("selection", "found"),
    [
        (("-m", "gradsuite(op='taken', dtype='float32')"), ["test_taken[reverse-cpu-float32]"]),
        (("-m", "gradsuite(op='twice', check='reverse', dtype='float32')"), ["test_taken[reverse-cpu-float32]"]),
        (("-m", "gradsuite(op='kernels:twice', dtype='float32')"), ["test_taken[reverse-cpu-float32]"]),
        (("-m", "gradsuite(op='scale', check='graph')"), [f"test_scale[{n}-graph-cpu-float64]" for n in (2, 3)]),
        (("-k", "taken", "--gradsuite-dtype=float64"), ["test_taken[reverse-cpu-float64]"]),
        (("-k", "InAClass", "--gradsuite-checks=value,graph"), ["TestInAClass::test_twice[graph-cpu-float64]"]),
        (("-k", "InAClass and graph", "--gradsuite-dtype=float16"), ["TestInAClass::test_twice[graph-cpu-float16]"]),
    ],
)
def test_cases_are_selected(selection: tuple[str, ...], found: list[str], run: pytest.Pytester) -> None:
    listed = ids(run.runpytest("--collect-only", "-q", *selection))
    assert listed == [f"test_kernels.py::{name}" for name in found]


def test_what_failed_last_is_run_again_alone_and_x_stops(run: pytest.Pytester) -> None:
    options = ("--gradsuite-profile=quick", "-k", "test_scale and reverse")
    run.runpytest(*options).assert_outcomes(passed=1, failed=1)
    run.runpytest(*options, "--lf", "-x").assert_outcomes(failed=1)


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ("inputs=(X,), check=['reverse']", "unknown keyword 'check'; did you mean 'checks'?"),
        ("checks=['reverse']", "give keywords, and example inputs among them: inputs=(torch.randn(3),)"),
        ("inputs=(X,), checks=['revers']", "unknown check 'revers'; did you mean 'reverse'?"),
        ("inputs=(X,), dtypes=[torch.int64]", "unknown dtype 'int64'*"),
        ("inputs=(X,), devices=['cudda']", "unknown device 'cudda'; did you mean 'cuda'?"),
        ("inputs=(3,)", "inputs must be a tuple of tensors or gradsuite.Input, at least one; got ?'int'?"),
    ],
)
def test_a_marker_that_is_wrong_is_told_with_its_place(
    keywords: str, message: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    pytester.makepyfile(
        f"import pytest, torch\nX = torch.ones(2)\n@pytest.mark.gradsuite({keywords})\ndef test_it(): ..."
    )
    result = pytester.runpytest("-p", "no:randomly")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*.py:3: the marker gradsuite: {message}"])
    assert "Traceback" not in result.stdout.str()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("return 3", "the test returns int, which cannot be called; return the op"),
        ("return nn.Softplus(), 1", "the test returns tuple, which cannot be called; return the op"),
    ],
)
def test_a_test_that_returns_no_op_is_an_error_of_its_case(
    body: str, message: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    marker = "@pytest.mark.gradsuite(inputs=(torch.ones(2),), checks=['reverse'], dtypes=[torch.float64])"
    pytester.makepyfile(f"import pytest, torch\nfrom torch import nn\n{marker}\ndef test_it():\n  {body}")
    result = pytester.runpytest("-p", "no:randomly")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([message])


def test_an_isolated_op_that_takes_nothing_but_its_examples_is_judged_at_them(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    pytester.makepyfile(
        """
        import os, torch

        def of_three(x):
            return x.sin() if x.shape == (3,) else os.abort()

        def test_it(gradsuite_check):
            report = gradsuite_check(of_three, torch.ones(3, dtype=torch.float64), checks=["reverse"], isolate=True)
            assert "the examples alone" in str(report)
        """
    )
    pytester.runpytest("-p", "no:randomly").assert_outcomes(passed=1)

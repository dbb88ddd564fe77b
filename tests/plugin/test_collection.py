from __future__ import annotations

import subprocess
import sys

import pytest

from gradsuite import checks

EXP = "specs/pointwise/exp.grad.yaml"


def ids(result: pytest.RunResult) -> list[str]:
    return [line for line in result.outlines if "::" in line]


def test_a_spec_is_a_file_of_tests_with_stable_ids(host: pytest.Pytester) -> None:
    found = ids(host.runpytest("--collect-only", "-q", EXP))
    assert f"{EXP}::exp::reverse[cpu-bfloat16]" in found
    assert len(found) == len(set(found)) == 4 * len(checks.names())


def test_ids_do_not_depend_on_where_pytest_is_started(host: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(host.path / "specs")
    assert f"{EXP}::exp::value[cpu-float64]" in ids(host.runpytest("--collect-only", "-q", "--rootdir", str(host.path)))


def test_a_node_id_selects_its_case(host: pytest.Pytester) -> None:
    host.runpytest(f"{EXP}::exp::value[cpu-float16]").assert_outcomes(passed=1)


def test_a_verbose_run_shows_the_whole_id(host: pytest.Pytester) -> None:
    host.runpytest("-v", f"{EXP}::exp::value[cpu-float16]").stdout.fnmatch_lines(
        [f"{EXP}::exp::value[[]cpu-float16] PASS*"]
    )


def test_keywords_select_a_case(host: pytest.Pytester) -> None:
    assert ids(host.runpytest("--collect-only", "-q", EXP, "-k", "reverse and bfloat16")) == [
        f"{EXP}::exp::reverse[cpu-bfloat16]"
    ]


def test_the_marker_selects_by_its_keywords(host: pytest.Pytester) -> None:
    chosen = "gradsuite(op='log', dtype='float64', check='value')"
    assert ids(host.runpytest("--collect-only", "-q", "--strict-markers", "-m", chosen)) == [
        "specs/pointwise/log.grad.yaml::log::value[cpu-float64]"
    ]


def test_dtypes_can_be_chosen(host: pytest.Pytester) -> None:
    found = ids(host.runpytest("--collect-only", "-q", EXP, "--gradsuite-dtype=float16"))
    assert found
    assert all(found_id.endswith("[cpu-float16]") for found_id in found)


def test_other_yaml_files_are_left_alone(host: pytest.Pytester) -> None:
    (host.path / "specs" / "settings.yaml").write_text("a: 1")
    assert not any("settings" in found for found in ids(host.runpytest("--collect-only", "-q")))


def test_a_fault_is_a_collection_error_with_its_place_and_the_other_files_go_on(host: pytest.Pytester) -> None:
    path = host.path / EXP
    path.write_text(path.read_text().replace("forward: exp(x)", "forward: exq(x)"))
    result = host.runpytest("--continue-on-collection-errors", "-k", "value")
    result.assert_outcomes(errors=1, passed=4)
    result.stdout.fnmatch_lines([f"*{EXP}:6:10:*exq*", "*forward: exq(x)*", "*         ^*"])
    assert "Traceback" not in result.stdout.str()
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_every_fault_of_a_file_is_shown(host: pytest.Pytester) -> None:
    path = host.path / EXP
    path.write_text(path.read_text().replace("exp(x)", "exq(x)").replace("elementwise: y", "elementwise: z"))
    result = host.runpytest(EXP)
    result.stdout.fnmatch_lines([f"*{EXP}:6:10:*", f"*{EXP}:7:*"])
    assert result.ret == pytest.ExitCode.INTERRUPTED


@pytest.mark.parametrize("content", ["", "a: [", "\t", "- 1", "gradsuite: 2", "\x00"])
def test_rubbish_is_never_an_internal_error(host: pytest.Pytester, content: str) -> None:
    (host.path / EXP).write_text(content)
    result = host.runpytest(EXP)
    result.assert_outcomes(errors=1)
    assert result.ret == pytest.ExitCode.INTERRUPTED


def test_a_start_of_pytest_imports_nothing_heavy() -> None:
    code = "import sys, gradsuite.pytest_plugin; print([m for m in %r if m in sys.modules])"
    heavy = ["torch", "numpy", "hypothesis", "flint", "pydantic", "yaml", "gradsuite.results", "gradsuite.plan"]
    out = subprocess.run([sys.executable, "-c", code % heavy], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


@pytest.mark.parametrize(("mode", "found"), [("prepend", True), ("append", True), ("importlib", False)])
def test_a_module_beside_a_spec_is_found_as_one_beside_a_test_is(
    pytester: pytest.Pytester, mode: str, found: bool
) -> None:
    pytester.makepyfile(beside="import torch\n\ndef double(x):\n    return x + x\n")
    pytester.path.joinpath("double.grad.yaml").write_text(
        "gradsuite: 1\nop: beside:double\nsummary: Twice.\nreference: None.\ninputs: {x: A}\nforward: 2 * x\n"
        'derivative: {x: {elementwise: "2"}}\n'
    )
    chosen = [f"--import-mode={mode}", "--gradsuite-dtype=float64", "-k", "value"]
    # -P: as the command pytest, which does not put the working directory on the path.
    command = [sys.executable, "-P", "-m", "pytest", *chosen]
    ran = subprocess.run([*command, "double.grad.yaml"], capture_output=True, text=True, check=False)
    assert ("1 passed" in ran.stdout, "no op is found at 'beside:double'" in ran.stdout) == (found, not found)

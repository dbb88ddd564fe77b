"""Every setting by option, environment and ini file, and what a run tells of them."""

from __future__ import annotations

from fnmatch import fnmatch

import pytest

from gradsuite.plugin.bench import bench
from gradsuite.plugin.settings import SETTINGS
from tests.plugin.test_collection import EXP, ids


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for setting in SETTINGS.values():
        monkeypatch.delenv(setting.variable, raising=False)


def _ini(host: pytest.Pytester, *lines: str) -> None:
    host.makeini("\n".join(("[pytest]", "addopts = -p no:randomly", *lines)))


def _header(result: pytest.RunResult) -> str:
    (line,) = [line for line in result.outlines if line.startswith("gradsuite: ")]
    return line


def test_what_counts_is_the_option_then_the_environment_then_the_ini_file(
    host: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    _ini(host, "gradsuite_seed = 3", "gradsuite_profile = thorough", "gradsuite_dtype = float64 float32")
    monkeypatch.setenv("GRADSUITE_SEED", "4")
    monkeypatch.setenv("GRADSUITE_PROFILE", "quick")
    result = host.runpytest(EXP, "-k", "value", "--gradsuite-seed=5")
    result.assert_outcomes(passed=2)
    told = ("dtype float64, float32 (tox.ini)", "profile quick (GRADSUITE_PROFILE)", "seed 5 (--gradsuite-seed)")
    assert all(each in _header(result) for each in told)


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("device", "cpu", "device cpu"),
        ("dtype", "float16", "dtype float16"),
        ("checks", "value,reverse", "checks reverse, value"),
        ("profile", "quick", "profile quick"),
        ("seed", "-7", "seed -7"),
        ("waivers", "here", "waivers *here"),
        ("report", "out", "report *out"),
        ("require-device", "cpu", "require-device cpu"),
    ],
)
def test_each_has_three_ways(
    name: str, value: str, shown: str, host: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    (host.path / "here").mkdir()
    setting = SETTINGS[name]

    def told(origin: str, *more: str) -> None:
        assert fnmatch(str(bench(host.parseconfigure(*more)).settings), f"*{shown} ({origin})*")

    told(setting.option, f"{setting.option}={value}")
    with monkeypatch.context() as context:
        context.setenv(setting.variable, value)
        told(setting.variable)
    _ini(host, f"{setting.ini} = {value}")
    told("tox.ini")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("device", "cudda", "unknown device 'cudda'; did you mean 'cuda'?"),
        ("require-device", "cudda", "unknown device 'cudda'; did you mean 'cuda'?"),
        ("dtype", "flaot32", "unknown dtype 'flaot32'; did you mean 'float32'?"),
        ("checks", "revers", "unknown check 'revers'; did you mean 'reverse'?"),
        ("profile", "fast", "unknown profile 'fast'; give one of quick, default, thorough"),
        ("seed", "one", "the seed 'one' is no whole number"),
        ("timeout", "soon", "the timeout 'soon' is no number of seconds"),
        ("timeout", "0", "the timeout '0' is no number of seconds"),
        ("waivers", "nowhere", "there is no file or folder *nowhere*"),
        ("report", "taken", "no report can be written to *taken*"),
        ("gradcheck", "both", "unknown mode 'both'; give one of replace, shadow"),
    ],
)
def test_what_cannot_be_is_refused_with_its_origin(
    name: str, value: str, message: str, host: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    (host.path / "taken").write_text("a file")
    monkeypatch.setenv(SETTINGS[name].variable, value)
    result = host.runpytest()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    origin = "" if name == "report" else f"{SETTINGS[name].variable}: "
    result.stderr.fnmatch_lines([f"*gradsuite: {origin}{message}*"])


def test_faults_of_the_waivers_that_were_named_are_told_at_the_start(host: pytest.Pytester) -> None:
    (host.path / "mine.yaml").write_text("- {case: a}\n")
    result = host.runpytest("--gradsuite-waivers=mine.yaml")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*mine.yaml:1:*"])


def test_a_path_in_the_ini_file_counts_from_there(host: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    _ini(host, "gradsuite_report = out")
    monkeypatch.chdir(host.path / "specs")
    host.runpytest("pointwise/exp.grad.yaml", "-k", "value").assert_outcomes(passed=4)
    assert (host.path / "out" / "results.jsonl").is_file()


def test_without_a_setting_the_defaults_are_told_once_there_are_cases(host: pytest.Pytester) -> None:
    result = host.runpytest(EXP, "-k", "value")
    assert _header(result) == "gradsuite: device cpu (default), dtype all (default), checks all (default), " + (
        "profile default (default), seed 0 (default)"
    )


def test_checks_are_selected(host: pytest.Pytester) -> None:
    found = ids(host.runpytest("--collect-only", "-q", EXP, "--gradsuite-checks=value,compiled", "-k", "cpu-float16"))
    assert found == [f"{EXP}::exp::compiled[cpu-float16]", f"{EXP}::exp::value[cpu-float16]"]

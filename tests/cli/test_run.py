from __future__ import annotations

import importlib.metadata
from collections import Counter
from pathlib import Path

import pytest

from gradsuite.results import CaseResult, Environment, SpecFault, read
from tests.cli.conftest import Command


def results(folder: Path) -> list[CaseResult]:
    return [line for line in read(folder / "reports" / "results.jsonl") if isinstance(line, CaseResult)]


def test_everything_held(command: Command, folder: Path) -> None:
    code, out = command("run", "--checks", "value,adjoint")
    assert code == 0
    assert "16 passed" in out
    assert {path.name for path in (folder / "reports").iterdir()} == {
        "index.html",
        "results.json",
        "results.jsonl",
        "summary.md",
    }


def test_a_failed_check_is_exit_code_one_and_is_told(command: Command) -> None:
    code, out = command("run", "--checks", "reverse")
    assert code == 1
    assert "autograd does not" in out


def test_what_could_not_be_run_has_not_held(command: Command) -> None:
    assert command("run", "--checks", "inplace")[0] == 1


@pytest.mark.parametrize("check", ["edge", "kink", "graph"])
def test_unsupported_inconclusive_and_waived_are_told_but_did_not_fail(command: Command, check: str) -> None:
    code, out = command("run", "--checks", check)
    assert code == 0
    assert "0 passed" not in out
    assert any(f"8 {outcome}" in out for outcome in ("unsupported", "inconclusive", "waived"))


def test_selection(command: Command, folder: Path) -> None:
    command("run", "specs", "--ops", "torch.e*", "--checks", "value", "--checks", "edge", "--dtype", "float16")
    assert [result.id for result in results(folder)] == [
        "specs/pointwise/exp.grad.yaml::exp::edge[cpu-float16]",
        "specs/pointwise/exp.grad.yaml::exp::value[cpu-float16]",
    ]


def test_ids_are_the_same_however_the_path_is_given(command: Command, folder: Path) -> None:
    command("run", str(folder / "specs" / "pointwise" / "exp.grad.yaml"), "--checks", "value", "--dtype", "float64")
    assert [result.id for result in results(folder)] == ["specs/pointwise/exp.grad.yaml::exp::value[cpu-float64]"]


def test_a_broken_spec_is_recorded_and_the_others_are_run(command: Command, folder: Path) -> None:
    (folder / "specs" / "pointwise" / "exp.grad.yaml").write_text("a: [")
    code, out = command("run", "--checks", "value")
    assert code == 2
    assert "specs/pointwise/exp.grad.yaml:2:1: " in out
    kinds = Counter(type(line) for line in read(folder / "reports" / "results.jsonl"))
    assert kinds == {Environment: 1, SpecFault: 1, CaseResult: 4}


def test_the_environment_holds_command_profile_and_seed(command: Command, folder: Path) -> None:
    command("run", "--checks", "value", "--profile", "quick", "--seed", "3")
    first = next(iter(read(folder / "reports" / "results.jsonl")))
    assert isinstance(first, Environment)
    assert (first.profile, first.seed) == ("quick", 3)
    assert first.command == "gradsuite run --checks value --profile quick --seed 3"


def test_a_waiver_that_matches_nothing_is_a_fault(command: Command, folder: Path) -> None:
    release = importlib.metadata.version("torch").partition("+")[0]
    (folder / "waivers" / f"{release}.yaml").write_text(
        '- {case: "*::sin::*", reason: it is wrong, link: "https://example.org/1"}\n'
    )
    assert command("run", "--checks", "value")[0] == 2
    assert command("run", "--checks", "value", "specs/pointwise/exp.grad.yaml")[0] == 0  # a part cannot tell


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--ops", "epx"), "no op matches 'epx'; did you mean 'exp'?"),
        (("--checks", "revers"), "unknown check 'revers'; did you mean 'reverse'?"),
        (("--dtype", "float61"), "unknown dtype 'float61'; did you mean"),
        (("--device", "cudda"), "unknown device 'cudda'; did you mean 'cuda'?"),
        (("--profile", "slow"), "'slow' is not one of"),
        (("--sed", "1"), "No such option"),
    ],
)
def test_wrong_usage_is_exit_code_two(command: Command, arguments: tuple[str, ...], message: str) -> None:
    code, out = command("run", *arguments)
    assert code == 2
    assert message in out


def test_an_absent_device_is_refused(command: Command, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    code, out = command("run", "--device", "cuda")
    assert code == 2
    assert "device 'cuda' is required but absent" in out
    assert not (folder / "reports").exists()

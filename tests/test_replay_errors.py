"""A case that could not be run is run again at its sample: FAILED while it raises, crashes or hangs; then FIXED."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

import gradsuite
from gradsuite import forking
from gradsuite.cli import main
from gradsuite.plan import plan
from gradsuite.reporters import write_all
from gradsuite.results import CaseResult, LastSample, Outcome
from gradsuite.spec import load_all
from gradsuite.subject import resolve
from gradsuite.workers import run_all

KERNELS = """
import os, sys, time, torch

class Sin(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.sin()

    @staticmethod
    def backward(ctx, ct):
        (x,) = ctx.saved_tensors
        DO(ct)
        return FACTOR * ct * x.cos()

def sine(x):
    return Sin.apply(x)

def nothing(ct): ...

def raises(ct):
    raise KeyError("no kernel for this")

def exits(ct):
    os._exit(3)

def hangs(ct):
    time.sleep(3600)

def refuses(ct):
    raise RuntimeError("'sine' is not implemented for 'Double'")

FACTOR, DO = 1.0, {do}
"""
SPEC = """
gradsuite: 1
op: somebodys_sine:sine
name: sine
summary: A sine.
reference: DLMF section 4.14.
inputs: {x: N}
forward: sin(x)
derivative: {x: {elementwise: cos(x)}}
"""
X = torch.tensor([0.5, 1.5, -2.0], dtype=torch.float64)
Replay = Callable[..., tuple[int, str]]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A project whose kernel does this from now on, as whoever imports it anew finds."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(Path(__file__).parents[1])]))

    def does(do: str, factor: float = 1.0) -> None:
        Path("somebodys_sine.py").write_text(KERNELS.format(do=do) + f"FACTOR = {factor}\n")
        sys.modules.pop("somebodys_sine", None)
        resolve.cache_clear()

    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # a file that is written twice in a second is read twice
    return does


@pytest.fixture
def replay(capsys: pytest.CaptureFixture[str]) -> Replay:
    def run(*arguments: str) -> tuple[int, str]:
        capsys.readouterr()
        code = main(["replay", *arguments])
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    return run


def _checked(checks: tuple[str, ...] = ("reverse",), **options: object) -> LastSample:
    """The sample of the one error that a check of the project's kernel records."""
    from somebodys_sine import sine

    report = gradsuite.check(sine, (X.clone(),), checks=checks, profile="quick", **options)
    report.write("results.jsonl")
    told = [result.last_sample for result in report.results if result.outcome is Outcome.ERROR]
    assert len(told) == 1 and told[0] is not None
    return told[0]


def test_what_raised_fails_until_it_does_no_longer(project: Callable[..., None], replay: Replay) -> None:
    project("raises")
    told = _checked()
    code, out = replay(told.id, "results.jsonl")
    assert code == 1
    assert out.startswith(f"FAILED {told.id} gradsuite.check::sine::reverse[cpu-float64]")
    assert "the op raises KeyError: 'no kernel for this'" in out
    project("nothing")
    code, out = replay("results.jsonl")
    assert (code, out.split()[:2]) == (0, ["FIXED", told.id])
    assert "it ends: 1 of 1 comparisons agree" in out
    project("nothing", factor=2.0)
    code, out = replay("results.jsonl")
    assert code == 1 and "it ends, but reverse mode" in out and "the backward is wrong" in out
    project("refuses")
    code, out = replay("results.jsonl")
    assert code == 0 and "it is unsupported now: 'sine' is not implemented for 'Double'" in out


@pytest.mark.parametrize(
    ("does", "options", "words"),
    [
        ("exits", {}, "the op ended the interpreter (exit code 3)"),
        ("hangs", {"timeout": 2}, "the op took more than 2 s"),
    ],
)
@pytest.mark.parametrize("check", ["reverse", "value"])  # the backward ends the process before a value is compared
def test_what_ended_its_process_ends_one_of_its_own_again(
    project: Callable[..., None], replay: Replay, does: str, options: dict[str, int], words: str, check: str
) -> None:
    if forking.context(()) is None:
        pytest.skip("this process cannot be forked")
    project(does)
    told = _checked((check,), isolate=True, **options)
    code, out = replay("results.jsonl", "--timeout=2")
    assert (code, words in out) == (1, True)
    assert out.startswith(f"FAILED {told.id}")
    project("nothing")
    assert replay("results.jsonl")[1].startswith(f"FIXED {told.id}")


def _run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-B", "-c", program], capture_output=True, text=True, check=False)


def test_a_program_of_its_own_raises_the_same_until_it_does_no_longer(project: Callable[..., None]) -> None:
    project("raises")
    program = _checked().reproducer
    ran = _run(program)
    assert ran.returncode == 1 and ran.stderr.rstrip().endswith("KeyError: 'no kernel for this'")
    assert "gradsuite" not in program
    project("nothing")
    assert _run(program).returncode == 0


def test_a_program_of_what_ended_its_process_says_that_it_was_not_tried(project: Callable[..., None]) -> None:
    if forking.context(()) is None:
        pytest.skip("this process cannot be forked")
    project("exits")
    program = _checked(isolate=True).reproducer
    assert program.startswith("# The case ended at this sample: the op ended the interpreter (exit code 3)")
    assert _run(program).returncode == 3
    project("nothing")
    assert _run(program).returncode == 0


def test_the_values_are_kept_to_the_bit(project: Callable[..., None], replay: Replay) -> None:
    project("raises")
    told = _checked()
    assert told.stored is not None
    (array,) = told.inputs
    assert array.hex == tuple(x.hex() for x in X.tolist())
    other = X.clone()
    other[0] += 2.0**-52
    assert array.hex != tuple(x.hex() for x in other.tolist())


def test_an_error_of_a_spec_is_told_in_every_report_and_replayed_from_each(
    project: Callable[..., None], replay: Replay, tmp_path: Path
) -> None:
    project("exits")
    (tmp_path / "sine.grad.yaml").write_text(SPEC)
    specs, faults = load_all([Path()])
    assert not faults
    cases = plan(specs, checks=["reverse"], dtypes=["float32"])
    lines = list(run_all(cases, profile="quick", seed=0, waivers=None))
    write_all(lines, Path("reports"))
    (result,) = (line for line in lines if isinstance(line, CaseResult))
    told = result.last_sample
    assert result.outcome is Outcome.ERROR and told is not None and told.stored is not None
    assert told.stored.symbols and told.replay.startswith("gradsuite run sine.grad.yaml --checks reverse")
    line = f"gradsuite replay {told.id}"
    for file in ("index.html", "summary.md"):
        assert line in (tmp_path / "reports" / file).read_text(encoding="utf-8")
    code, out = replay("reports/results.json")
    assert (code, "the op ended the interpreter (exit code 3)" in out) == (1, True)
    project("nothing")
    code, out = replay(told.id)
    assert (code, out.split()[:2]) == (0, ["FIXED", told.id])


def test_what_an_older_gradsuite_recorded_is_read(replay: Replay, tmp_path: Path, project: Callable[..., None]) -> None:
    project("raises")
    told = _checked()
    kept = ("inputs", "arguments", "variant")
    text = Path("results.jsonl").read_text()
    new = told.model_dump_json()
    old = LastSample(**{name: getattr(told, name) for name in kept}).model_dump_json(include=set(kept))
    assert new in text
    Path("results.jsonl").write_text(text.replace(new, old))
    code, out = replay("results.jsonl")
    assert code == 2 and "no failure is recorded in results.jsonl, and no error with its sample" in out

"""Where a replay finds a callable that has no name of its own: by a variable that holds it, or built by its class."""

from __future__ import annotations

import ast
import functools
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

import gradsuite
from gradsuite.cli import main
from gradsuite.results import Failure
from gradsuite.subject import resolve
from gradsuite.whereabouts import dotted

KERNELS = """
import torch

class Scaled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, w):
        ctx.save_for_backward(x, w)
        return x * w

    @staticmethod
    def backward(ctx, ct):
        x, w = ctx.saved_tensors
        return ct * w * (FACTOR if abs(w.flatten()[0]) > 5 else 1), ct * x  # wrong at large weights alone

class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.rand(1))
        self.register_buffer("shift", torch.zeros(1), persistent=False)

    def forward(self, x):
        return Scaled.apply(x, self.weight) + self.shift + (0 if self.training else x)

class Sized(Net):
    def __init__(self, size):
        super().__init__()

class Plain:
    def times(self, x):
        return Scaled.apply(x, torch.full((1,), 8.0, dtype=x.dtype))

net = Net()
plain = Plain()
lam = lambda x: Scaled.apply(x, torch.full((1,), 8.0, dtype=x.dtype))
FACTOR = 2.0
"""
X = torch.tensor([0.5, 1.5, -2.0])
Replay = Callable[..., tuple[int, str]]


@pytest.fixture
def kernels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., object]:
    """Writes the project's kernels, and imports them anew, as another process does."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def written(more: str = "") -> object:
        Path("somebodys_net.py").write_text(KERNELS + more)
        sys.modules.pop("somebodys_net", None)
        resolve.cache_clear()
        import somebodys_net

        return somebodys_net

    return written


@pytest.fixture
def replay(capsys: pytest.CaptureFixture[str]) -> Replay:
    def run(*arguments: str) -> tuple[int, str]:
        capsys.readouterr()
        code = main(["replay", "results.jsonl", *arguments])
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    return run


def _failure(fn: Callable[..., torch.Tensor]) -> Failure:
    report = gradsuite.check(fn, (X.clone(),), checks=["reverse"], dtypes=[torch.float32], profile="quick")
    report.write("results.jsonl")
    assert len(report.failures) == 1, str(report)
    return report.failures[0]


def _large(net: torch.nn.Module) -> torch.nn.Module:
    """The module with numbers that its class does not give it."""
    with torch.no_grad():
        net.weight.fill_(8.25)
        net.shift.fill_(0.5)
    return net.eval()


def test_a_variable_that_holds_it_is_its_name(kernels: Callable[..., object], replay: Replay) -> None:
    module = kernels()
    assert dotted(module.lam) == "somebodys_net:lam"
    assert dotted(module.plain.times) == "somebodys_net:plain.times"
    assert dotted(module.net) == "somebodys_net:net"
    assert dotted(lambda x: x) == dotted(functools.partial(module.lam)) == dotted(module.Net()) == ""
    told = _failure(module.lam)
    kernels()
    assert replay()[1].startswith(f"FAILED {told.id} gradsuite.check::<lambda>")
    kernels("FACTOR = 1.0\n")
    assert replay()[1].startswith("FIXED")


def test_the_variable_of_its_own_module_comes_before_others(
    kernels: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    module = kernels()
    for name in ("a_taker", "test_taker"):
        taker = type(sys)(name)
        taker.lam, taker.both = module.lam, len(name)
        monkeypatch.setitem(sys.modules, name, taker)
    assert dotted(module.lam) == "somebodys_net:lam"
    taken = functools.partial(module.lam)
    sys.modules["test_taker"].part = sys.modules["a_taker"].part = taken
    assert dotted(taken) == "a_taker:part"


@pytest.mark.parametrize(
    ("find", "note"),
    [(lambda module: module.net, ""), (lambda module: module.Net(), "it was built anew by its class")],
    ids=["held by a variable", "built by its class"],
)
def test_a_module_comes_back_with_its_numbers_and_modes(
    kernels: Callable[..., object], replay: Replay, find: Callable[..., torch.nn.Module], note: str
) -> None:
    told = _failure(_large(find(kernels())))
    assert told.stored is not None and told.stored.origin.declared is not None
    kept = told.stored.origin.declared.module
    assert kept is not None and {each.name: each.hex for each in kept.numbers} == {
        "weight": (8.25.hex(),), "shift": (0.5.hex(),),
    }  # fmt: skip
    assert kept.training == ()
    kernels()  # with other numbers
    code, out = replay()
    assert (code, note in out) == (1, True)  # as only large weights are
    kernels("FACTOR = 1.0\n")
    assert replay()[1].startswith("FIXED")
    kernels("Net.__init__ = lambda self: torch.nn.Module.__init__(self)\nnet = Net()\n")
    code, out = replay()
    assert code == 2 and "has other parameters and buffers than those recorded (weight [1], shift [1])" in out


@pytest.mark.parametrize("find", [lambda module: module.net, lambda module: module.Net()], ids=["variable", "class"])
def test_a_program_of_its_own_puts_the_numbers_of_a_module_in(
    kernels: Callable[..., object], find: Callable[..., torch.nn.Module]
) -> None:
    program = _failure(_large(find(kernels()))).reproducer
    assert "gradsuite" not in program and "import somebodys_net" in program
    got, right = _printed(program)
    assert got != pytest.approx(right)  # as only large weights are
    kernels("FACTOR = 1.0\n")
    assert _printed(program) == (pytest.approx(right), right)


def _printed(program: str) -> tuple[list[float], list[float]]:
    """The gradient that autograd gives, and that by differences."""
    ran = subprocess.run([sys.executable, "-B", "-c", program], capture_output=True, text=True, check=True)
    ((got,), (right,)) = (ast.literal_eval(line.partition(": ")[2]) for line in ran.stdout.splitlines())
    return got, right


def test_a_module_that_nothing_leads_to_says_what_to_do(kernels: Callable[..., object], replay: Replay) -> None:
    told = _failure(_large(kernels().Sized(3)))
    code, out = replay()
    assert code == 2
    assert "Sized has no name to import it by: say where with --op package.module:function, or have a variable" in out
    assert "its case: gradsuite.check(Sized, inputs, checks=['reverse']" in out
    code, out = replay("--op", "somebodys_net:net")  # its numbers are put in
    assert (code, out.startswith(f"FAILED {told.id}")) == (1, True)
    assert "somebodys_net:lam is no torch.nn.Module, but one is recorded" in replay("--op", "somebodys_net:lam")[1]
    code, out = replay("--op", "somebodys_net:Sized")
    assert code == 2 and "somebodys_net:Sized cannot be built with no arguments: TypeError" in out


def test_too_many_numbers_are_left_out_and_that_is_said(kernels: Callable[..., object], replay: Replay) -> None:
    module = kernels("net.more = torch.nn.Parameter(torch.zeros(200, 100))\n")
    _failure(_large(module.net))
    kernels("net.more = torch.nn.Parameter(torch.zeros(200, 100))\n")
    _, out = replay()
    assert "somebodys_net:net: 20,002 parameters and buffers are too many to be recorded" in out

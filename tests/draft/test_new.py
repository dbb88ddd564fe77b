"""``gradsuite new`` writes a spec that is sound and, where a derivative is proposed, holds; and never over another."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gradsuite.cli import main
from gradsuite.plan import plan
from gradsuite.results import Outcome
from gradsuite.runner import Session
from gradsuite.spec import load

Command = Callable[..., tuple[int, str]]
CHECKS = ("value", "reverse", "kink", "graph", "vacuity")


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str]:
        code = main(list(arguments))
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    return run


def _runs(path: Path) -> dict[str, Outcome]:
    session = Session("quick")
    return {case.check: session.run(case).outcome for case in plan([load(path)], checks=CHECKS, dtypes=["float64"])}


@pytest.mark.parametrize(
    "arguments",
    [
        ("torch.nn.functional.silu", "--forward", "x * sigmoid(x)"),
        ("torch.nn.functional.hardtanh",),
        ("torch.atanh",),
        ("torch.mul",),
        ("torch.nn.functional.softsign",),
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_proposed_derivative_holds(command: Command, arguments: tuple[str, ...]) -> None:
    code, out = command("new", *arguments)
    name = arguments[0].rpartition(".")[2]
    assert code == 0, out
    assert f"gradsuite run {name}.grad.yaml" in out
    text = Path(f"{name}.grad.yaml").read_text()
    assert "\nforward: " in text and "\nderivative:\n" in text and text.count("UNREVIEWED") >= 5
    assert command("check", ".") == (0, "1 sound spec, 0 faults\n")
    found = _runs(Path(f"{name}.grad.yaml"))
    assert set(found.values()) <= {Outcome.PASSED, Outcome.UNSUPPORTED}, found
    assert found["value"] is found["reverse"] is found["vacuity"] is Outcome.PASSED
    assert (found["kink"] is Outcome.PASSED) == ("kinks:" in text)


@pytest.mark.parametrize(
    ("op", "lines"),
    [
        ("torch.softmax", ['x: {shape: "*A B"', "dim: [-1, 0]", "node: SoftmaxBackward0"]),
        ("torch.matmul", ['x: {shape: "*D A B"', 'other: {shape: "*D B C"']),
        ("torch.addmm", ['mat1: {shape: "A C"', 'mat2: {shape: "C B"', "# Not varied: beta=1, alpha=1"]),
        ("torch.bmm", ["x: {shape:", "mat2: {shape:", "node: BmmBackward0"]),
        ("torch.outer", ['x: {shape: "A"', 'vec2: {shape: "B"']),
        ("torch.bilinear", ["input1: {shape:", "input2: {shape:", "weight: {shape:"]),
        ("torch.nn.functional.conv2d", ['x: {shape: "A B C D"', 'weight: {shape: "E B F G"', "C >= F"]),
        ("torch.nn.functional.max_pool2d", ["kernel_size: [2"]),
        ("torch.nn.functional.group_norm", ["num_groups: ["]),
        ("torch.nn.functional.embedding", ['domain: "index(C)"', 'weight: {shape: "C D"']),
        ("torch.nn.functional.nll_loss", ['x: {shape: "A B"', 'target: {shape: "A", domain: "indices_or(B, -100)"']),
        ("torch.gather", ['domain: "index(B)"', "call: [x, dim, index]"]),
        ("torch.where", ['domain: "boolean"', "x: {shape:", "other: {shape:"]),
        ("torch.cat", ['x: {shape: "A B"', 'a: {shape: "C B"', "call: [[x, a]]"]),
        ("torch.linalg.inv", ['domain: "positive_definite"']),
        ("torch.nn.functional.dropout", ['x: {shape: "*A"', "random: {draws: [noise]}"]),
        ("torch.topk", ["k: [2", "[0]"]),
        ("torch.log", ['domain: "positive"']),
    ],
)
def test_what_an_op_takes_is_found_and_its_samples_run(command: Command, op: str, lines: list[str]) -> None:
    code, out = command("new", op, "-o", "drafts")
    assert (code, out.count("\n")) == (0, 1), "no warning of the op's reaches the terminal"
    assert command("check", "drafts") == (0, "1 sound spec, 0 faults\n")
    (path,) = Path("drafts").iterdir()
    text = path.read_text()
    for line in lines:
        assert line in text
    if "\nderivative:" not in text:
        assert "UNREVIEWED: no derivative is proposed" in text
    found = _runs(path)
    assert set(found.values()) <= {Outcome.PASSED, Outcome.UNSUPPORTED}, found
    assert found["reverse"] is Outcome.PASSED, "without a derivative, differences judge"


OWN = '''
import os
import torch
from torch import Tensor

def joined(parts: list[Tensor], dim: int) -> Tensor:
    return torch.cat([each.exp() for each in parts], dim)

def scaled_rows(table, index, scale):
    """Picks rows of ``table``, as :func:`torch.index_select` does, times *scale*. And more."""
    return table[index] * scale

class _Cube(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3
    @staticmethod
    def backward(ctx, ct):
        return 3 * ctx.saved_tensors[0] ** 2 * ct

cube = _Cube.apply

def dies_of_vectors(x):
    if x.dim() == 1:
        os.abort()
    raise ValueError("not today")

def warns(x):
    import warnings
    warnings.warn("old", stacklevel=2)
    return x.sin()

def spells(x: Tensor, equation: str) -> Tensor:
    return torch.einsum(equation, x)
'''


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "owndraft.py").write_text(OWN)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    sys.modules.pop("owndraft", None)


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize(
    ("op", "lines"),
    [
        ("joined", ["call: [[x, a], dim]", "dim: [-1"]),
        ("scaled_rows", ["table: {shape:", 'summary: "Picks rows of table, as torch.index_select does, times scale."']),
        ("cube", ['x: {shape: "*A"']),
        ("warns", ['x: {shape: "*A"']),
    ],
)
def test_functions_of_ones_own_are_drafted(command: Command, op: str, lines: list[str]) -> None:
    code, out = command("new", f"owndraft:{op}", "-o", "drafts")
    assert (code, out.count("\n")) == (0, 1), out
    path = Path("drafts") / f"{op}.grad.yaml"
    for line in lines:
        assert line in path.read_text()
    assert set(_runs(path).values()) <= {Outcome.PASSED, Outcome.UNSUPPORTED}


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize(
    ("op", "words"),
    [
        ("dies_of_vectors", "owndraft:dies_of_vectors ends or hangs the process on some tensors"),
        ("spells", "owndraft:spells must be given something that is not a tensor or a number"),
    ],
)
def test_what_no_call_is_found_for_says_how_to_go_on(command: Command, op: str, words: str) -> None:
    code, out = command("new", f"owndraft:{op}")
    assert code == 2
    assert words in out and "write a function of tensors that calls it" in out


def test_a_draft_can_go_to_standard_output(command: Command) -> None:
    code, out = command("new", "torch.sin", "-o", "-")
    assert code == 0
    assert not list(Path().iterdir())
    Path("sin.grad.yaml").write_text(out)
    assert command("check", ".") == (0, "1 sound spec, 0 faults\n")


def test_a_file_that_exists_is_left_as_it_is(command: Command) -> None:
    Path("silu.grad.yaml").write_text("mine")
    code, out = command("new", "torch.nn.functional.silu")
    assert code == 2
    assert "silu.grad.yaml exists, and is left as it is" in out
    assert Path("silu.grad.yaml").read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("torch.nn.functional.sliu",), "no op is found at 'torch.nn.functional.sliu'; did you mean 'silu'?"),
        (("nowhere.at_all",), "no module 'nowhere' can be imported"),
        (("silu",), "'silu' is no dotted path"),
        (("torch.pi",), "torch.pi cannot be called: it is float"),
        (("torch.nn.SiLU",), "torch.nn.SiLU is a class"),
        (("torch.save",), "torch.save must be given something that is not a tensor or a number"),
        (("torch.eye",), "torch.eye takes no tensor"),
        (("torch.nn.functional.one_hot",), "one_hot takes tensors, but nothing that it returns carries a gradient"),
        (("torch.exp", "--forward", "exq(x)"), "unknown function 'exq'; did you mean 'exp'?"),
        (("torch.exp", "--forward", "exp(z)"), "--forward names 'z', which is no input; known here: x"),
    ],
)
def test_what_cannot_be_drafted_says_why(command: Command, arguments: tuple[str, ...], words: str) -> None:
    code, out = command("new", *arguments)
    assert code == 2
    assert words in out
    assert not list(Path().iterdir())

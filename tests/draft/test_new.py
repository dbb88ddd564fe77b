"""``gradsuite new`` writes a spec that is sound and, where a derivative is proposed, holds; and never over another."""

from __future__ import annotations

from collections.abc import Callable
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
        ("torch.softmax", ["x: {shape:", "dim: [-1]", 'expression: "itself(x, dim)"']),
        ("torch.matmul", ["x: {shape:", "other: {shape:", 'x: {vjp: "zeros_like(x)"}']),
        ("torch.addmm", ["mat1: {shape:", "mat2: {shape:", "# Not varied: beta=1, alpha=1"]),
        ("torch.nn.functional.conv2d", ["weight: {shape:"]),
        ("torch.log", ['domain: "positive"']),
    ],
)
def test_what_cannot_be_derived_is_left_to_its_author(command: Command, op: str, lines: list[str]) -> None:
    assert command("new", op, "-o", "drafts")[0] == 0
    assert command("check", "drafts") == (0, "1 sound spec, 0 faults\n")
    (path,) = Path("drafts").iterdir()
    for line in lines:
        assert line in path.read_text()


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
        (("torch.save",), "torch.save takes no one to 4 tensors"),
        (("torch.exp", "--forward", "exq(x)"), "unknown function 'exq'; did you mean 'exp'?"),
        (("torch.exp", "--forward", "exp(z)"), "--forward names 'z', which is no input; known here: x"),
    ],
)
def test_what_cannot_be_drafted_says_why(command: Command, arguments: tuple[str, ...], words: str) -> None:
    code, out = command("new", *arguments)
    assert code == 2
    assert words in out
    assert not list(Path().iterdir())

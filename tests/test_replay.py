"""A recorded failure runs again, exactly, wherever its record goes: FAILED as long as it fails, and then FIXED."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
import torch

import gradsuite
from gradsuite.cli import main
from gradsuite.plan import plan
from gradsuite.reporters import write_all
from gradsuite.results import CaseResult, Failure, Line, Recorder
from gradsuite.runner import Session
from gradsuite.spec import load
from gradsuite.subject import resolve

ROOT = Path(__file__).parents[1]
SOUND = (ROOT / "specs" / "activation" / "softmax.grad.yaml").read_text(encoding="utf-8")
WRONG = SOUND.replace('{jacobian: "y[i] * (delta(i, j) - y[j])", along: dim}', '{elementwise: "y**2 - y"}')
SPEC = Path("specs", "activation", "softmax.grad.yaml")
Command = Callable[..., tuple[int, str]]


def _write(folder: Path, lines: list[Line]) -> None:
    """What a run leaves behind in ``folder``."""
    folder.mkdir(parents=True)
    with (folder / "results.jsonl").open("w", encoding="utf-8") as file:
        recorder = Recorder(file)
        for line in lines:
            recorder.write(line)
    write_all(lines, folder)


def _place(folder: Path, text: str) -> Path:
    """``folder`` with the spec ``text`` where a project has it."""
    (folder / SPEC).parent.mkdir(parents=True, exist_ok=True)
    (folder / SPEC).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[Line]:
    """A run of a wrong spec, on the machine on which it failed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(_place(tmp_path_factory.mktemp("there"), WRONG))
        session = Session("quick")
        cases = plan([load(SPEC)], checks=["reverse"], dtypes=["float64", "bfloat16"])
        return [session.environment("gradsuite run"), *map(session.run, cases)]


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command line, on another machine."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str]:
        code = main(["replay", *arguments])
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    return run


@pytest.fixture
def here(tmp_path: Path, lines: list[Line]) -> Path:
    """Another machine with the same project, to which the reports came."""
    _write(tmp_path / "reports", lines)
    return _place(tmp_path, WRONG)


def _failures(lines: list[Line]) -> list[Failure]:
    return [failure for line in lines if isinstance(line, CaseResult) for failure in line.failures]


def test_it_fails_until_it_is_mended(command: Command, here: Path, lines: list[Line]) -> None:
    one = _failures(lines)[0]
    code, out = command(one.id)
    assert code == 1
    assert out.startswith(f"FAILED {one.id} specs/activation/softmax.grad.yaml::softmax::reverse[cpu-float64]")
    assert "the spec is wrong" in out and "is not as it was" not in out
    _place(here, SOUND)
    code, out = command(one.id)
    assert (code, out.split()[:2]) == (0, ["FIXED", one.id])
    assert "specs/activation/softmax.grad.yaml is not as it was" in out


@pytest.mark.parametrize("what", ["reports", "reports/results.jsonl", "reports/results.json", "."])
def test_a_file_or_a_folder_is_run_whole(command: Command, here: Path, lines: list[Line], what: str) -> None:
    code, out = command(what)
    assert code == 1
    assert out.count("FAILED ") == len(_failures(lines)) == 2
    assert out.endswith("2 FAILED\n")
    assert command() == (code, out)


def test_the_beginning_of_an_id_is_enough(command: Command, here: Path, lines: list[Line]) -> None:
    one = _failures(lines)[0]
    assert command(one.id[:5], "reports")[1].startswith(f"FAILED {one.id}")


def test_ids_are_those_of_what_failed(lines: list[Line]) -> None:
    found = _failures(lines)
    assert len({each.id for each in found}) == len(found) == 2


def test_nothing_recorded_names_the_machine(lines: list[Line], here: Path) -> None:
    written = "".join(line.model_dump_json() for line in lines) + (here / "reports" / "index.html").read_text()
    assert "there0" not in written and str(ROOT) not in written


def test_a_spec_that_lies_elsewhere_is_named(command: Command, here: Path, lines: list[Line]) -> None:
    (here / "specs").rename(here / "mine")
    code, out = command(_failures(lines)[0].id, "--specs", "mine")
    assert (code, out.startswith("FAILED")) == (1, True)


def test_the_report_shows_the_id(here: Path, lines: list[Line]) -> None:
    for one in _failures(lines):
        assert one.id in (here / "reports" / "results.json").read_text()


# A callable with no spec.

MODULE = """
import torch

class Twice(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return 2 * x

    @staticmethod
    def backward(ctx, ct):
        return FACTOR * torch.as_strided(ct, ct.shape, [1])  # reads the cotangent as if it were contiguous

def square(x):
    return Square.apply(x)

class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x ** 2

    @staticmethod
    def backward(ctx, ct):
        (x,) = ctx.saved_tensors
        return ct * x * FACTOR
"""


@pytest.fixture
def kernels(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """A module of somebody's, which can be imported."""
    module = ModuleType("somebodys_kernels")
    module.__dict__["FACTOR"] = 1.0
    exec(MODULE, module.__dict__)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    yield module
    resolve.cache_clear()


def test_a_callable_is_found_where_it_can_be_imported(command: Command, kernels: ModuleType, tmp_path: Path) -> None:
    x = torch.tensor([1.0, 2.5], dtype=torch.float64)
    report = gradsuite.check(kernels.square, (x,), checks=["reverse"], profile="quick")
    report.write(tmp_path / "results.jsonl")
    code, out = command("results.jsonl")
    assert (code, out.count("FAILED")) == (1, 1)
    kernels.__dict__["FACTOR"] = 2.0
    assert command("results.jsonl")[1].startswith("FIXED")
    del sys.modules["somebodys_kernels"]
    resolve.cache_clear()
    code, out = command("results.jsonl")
    assert code == 2
    assert "CANNOT TELL" in out and "no op is found at 'somebodys_kernels:square'" in out


def test_what_depends_on_a_layout_fails_in_that_layout(command: Command, kernels: ModuleType, tmp_path: Path) -> None:
    kernels.__dict__["FACTOR"] = 2.0
    x = torch.tensor([1.0, 2.5, -3.0], dtype=torch.float64)
    report = gradsuite.check(kernels.Twice.apply, (x,), checks=["cotangent_layout"], profile="quick")
    assert not report.ok, str(report)
    report.write(tmp_path / "results.jsonl")
    assert command("results.jsonl")[0] == 1
    kernels.Twice.backward = staticmethod(lambda ctx, ct: 2 * ct)
    assert command("results.jsonl")[0] == 0


def test_what_no_other_process_can_import_is_told_where_it_is(
    command: Command, kernels: ModuleType, tmp_path: Path
) -> None:
    report = gradsuite.check(
        lambda x: kernels.square(x), (torch.ones(2, dtype=torch.float64),), checks=["reverse"], profile="quick",
        domain=lambda x: bool((x > 0).all()),
    )  # fmt: skip
    (failure,) = report.results[0].failures
    assert f"gradsuite replay {failure.id} --op package.module:function" in str(report)
    report.write(tmp_path / "results.jsonl")
    code, out = command("results.jsonl")
    assert (code, "has no name to import it by: say where with --op" in out) == (2, True)
    assert "its case: gradsuite.check(<lambda>" in out
    assert command("results.jsonl", "--op", "somebodys_kernels:square")[0] == 1
    kernels.__dict__["FACTOR"] = 2.0
    code, out = command("results.jsonl", "--op", "somebodys_kernels:square")
    assert (code, out.startswith("FIXED")) == (0, True)
    assert "its domain was a function, which is not recorded" in out


# What cannot be run.


def _changed(here: Path, **fields: object) -> None:
    """The recorded cases with other fields."""
    file = here / "reports" / "results.jsonl"
    records = [json.loads(line) for line in file.read_text().splitlines()]
    changed = [record | fields if record["kind"] == "result" else record for record in records]
    file.write_text("".join(json.dumps(record) + "\n" for record in changed))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"check": "revers"}, "unknown check 'revers'; did you mean 'reverse'?"),
        ({"device": "cuda"}, "device 'cuda' is required but absent"),
        ({"device": "tpu"}, "unknown device 'tpu'"),
        ({"dtype": "float7"}, "this torch has no dtype 'float7'"),
        ({"path": "specs/lost/lost.grad.yaml"}, "its spec specs/lost/lost.grad.yaml is not here: say with --specs"),
    ],
)
def test_what_cannot_be_run_says_why(
    command: Command, here: Path, fields: dict[str, str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    _changed(here, **fields)
    code, out = command("reports")
    assert code == 2
    assert words in out
    assert "its case: gradsuite run specs/activation/softmax.grad.yaml" in out


def test_an_op_that_is_gone_says_so(command: Command, here: Path) -> None:
    _place(here, WRONG.replace("torch.nn.functional.softmax", "torch.nn.functional.lost_softmax"))
    (here / SPEC).write_text("name: softmax\n" + (here / SPEC).read_text())
    code, out = command("reports")
    assert code == 2
    assert "no op is found at 'torch.nn.functional.lost_softmax'" in out


def test_an_argument_that_nobody_declares_is_not_passed_on(command: Command, here: Path) -> None:
    file = here / "reports" / "results.jsonl"
    file.write_text(file.read_text().replace('"arguments":{"dim":"-1"}', '"arguments":{"dim":"__import__(\'os\')"}'))
    code, out = command("reports")
    assert code == 2
    assert "its argument dim = __import__('os') is not among those that are declared" in out


@pytest.mark.parametrize(
    ("old", "new"),
    [('"hex":["0x', '"hex":["zero'), ('"shape":[2]', '"shape":[3]'), ('"shape":[2]', '"shape":[99999999999]')],
)
def test_a_damaged_record_says_so(command: Command, here: Path, old: str, new: str) -> None:
    file = here / "reports" / "results.jsonl"
    file.write_text(file.read_text().replace(old, new))
    code, out = command("reports")
    assert code == 2
    assert "the record of 'x' is damaged" in out


def test_a_damaged_file_is_a_usage_error(command: Command, tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text('{"format": 1')
    (tmp_path / "results.jsonl").write_text("no record\n")
    code, out = command("results.json")
    assert (code, "results.json does not hold gradsuite's results, or is damaged: " in out) == (2, True)
    code, out = command("results.jsonl")
    assert (code, "results.jsonl:1: this is no line of gradsuite's results" in out) == (2, True)


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (["nowhere.jsonl"], "'nowhere.jsonl' is no file, no folder, and no id"),
        (["0123456789"], "no failure 0123456789 is recorded in reports"),
        (["specs"], "no results.jsonl and no results.json below 'specs'"),
    ],
)
def test_what_is_not_there_is_a_usage_error(command: Command, here: Path, what: list[str], words: str) -> None:
    code, out = command(*what)
    assert code == 2
    assert words in out


def test_recorded_text_cannot_steer_the_terminal(command: Command, here: Path) -> None:
    _changed(here, id="\x1b[2Jcase\nFIXED all", path="\x1b]0;owned\x07.grad.yaml")
    _, out = command("reports")
    assert "\x1b" not in out and "\nFIXED" not in out

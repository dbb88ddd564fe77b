"""The program of a failure runs by itself, with torch alone, and prints what gradsuite saw."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable, Mapping
from types import SimpleNamespace

import pytest
import torch

from gradsuite.inputs import draw, lay_out, layouts, samples
from gradsuite.reproducer import Op, reproducer
from gradsuite.results import Culprit
from gradsuite.routes.curvature import Curvature
from gradsuite.routes.evidence import Evidence
from gradsuite.subject import resolve, subjects
from tests.planted.planted import op
from tests.routes.points import at, catalogue, evidence_of, normal

KERNELS = """
import torch

class Cube(torch.autograd.Function):
    @staticmethod
    def forward(x, y):
        return x ** 3 * y

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)

    @staticmethod
    def backward(ctx, ct):
        x, y = ctx.saved_tensors
        return ct * 3 * x.detach() ** 2 * y, ct * x ** 3

    @staticmethod
    def jvp(ctx, t, u):
        x, y = ctx.saved_tensors
        return t * 2 * x ** 2 * y + u * x ** 3

def cube(x, y):
    return Cube.apply(x, y)
"""
# Runs the programs in the files named, where gradsuite cannot be imported.
RUNNER = """
import runpy, sys
sys.modules["gradsuite"] = None
sys.path.insert(0, sys.argv[1])
for file in sys.argv[2:]:
    print("program", file)
    runpy.run_path(file)
"""


def _drawn(path: str, variant: int = 0, dtype: torch.dtype = torch.float64) -> Evidence:
    """The last of three drawn samples of a spec."""
    spec = catalogue(path)
    strategy = samples(spec.definitions[variant], dtype=dtype, device=torch.device("cpu"), profiles=("normal",))
    return Evidence(subjects(spec)[variant], draw(strategy, count=3, identity=path, seed=0)[-1])


def _cube() -> Evidence:
    from kernels import cube

    return evidence_of(cube, normal(2, seed=1), normal(2, seed=2))


KINDS: dict[str, tuple[Callable[[], Evidence], str, Culprit]] = {
    "a function": (
        lambda: at(catalogue("activation/softmax.grad.yaml"), x=normal(2, 3)),
        "torch.nn.functional.softmax", Culprit.BACKWARD,
    ),
    "in bfloat16": (
        lambda: at(catalogue("activation/softmax.grad.yaml"), x=normal(2, 3, dtype=torch.bfloat16)),
        "torch.nn.functional.softmax", Culprit.SPEC,
    ),
    "a list of inputs": (lambda: _drawn("shape/cat.grad.yaml"), "torch.cat", Culprit.BACKWARD),
    "keywords": (lambda: _drawn("linear/addmm.grad.yaml"), "torch.addmm", Culprit.BACKWARD),
    "many arguments": (
        lambda: _drawn("convolution/conv1d.grad.yaml"), "torch.nn.functional.conv1d", Culprit.BACKWARD,
    ),
    "complex numbers": (
        lambda: _drawn("arithmetic/mul.grad.yaml", dtype=torch.complex128), "torch.mul", Culprit.BACKWARD,
    ),
    "a module": (lambda: _drawn("nn/Softmax.grad.yaml"), "torch.nn.Softmax", Culprit.BACKWARD),
    "a module with parameters": (lambda: _drawn("nn/Conv2d.grad.yaml"), "torch.nn.Conv2d", Culprit.BACKWARD),
    "a random op": (
        lambda: _drawn("activation/gumbel_softmax.grad.yaml", dtype=torch.float32),
        "torch.nn.functional.gumbel_softmax", Culprit.BACKWARD,
    ),
    "forward mode": (_cube, "kernels:cube", Culprit.JVP),
    "a double backward": (_cube, "kernels:cube", Culprit.DOUBLE_BACKWARD),
}  # fmt: skip


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, tuple[Evidence, dict[str, object]]]:
    """What the program of each kind prints, by the word before the colon."""
    folder = tmp_path_factory.mktemp("programs")
    (folder / "kernels.py").write_text(KERNELS)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        found = {kind: make() for kind, (make, _, _) in KINDS.items()}
        for place, (kind, (_, path, culprit)) in enumerate(KINDS.items()):
            program = reproducer(found[kind], op=Op(path), culprit=culprit)
            assert program and "gradsuite" not in program, kind
            (folder / f"{place}.py").write_text(program)
    files = [f"{place}.py" for place in range(len(KINDS))]
    done = subprocess.run(
        [sys.executable, "-I", "-c", RUNNER, str(folder), *files], cwd=folder, capture_output=True, text=True,
        check=False, timeout=100,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr + done.stdout
    _, *parts = done.stdout.split("program ")
    return {kind: (found[kind], _read(part)) for kind, part in zip(KINDS, parts, strict=True)}


def _read(part: str) -> dict[str, object]:
    lines = (line.partition(":") for line in part.splitlines()[1:])
    return {name: ast.literal_eval(value.strip()) for name, _, value in lines}


Printed = Mapping[str, tuple[Evidence, dict[str, object]]]


@pytest.mark.parametrize("kind", [kind for kind, (_, _, culprit) in KINDS.items() if culprit is Culprit.BACKWARD])
def test_a_program_prints_the_gradient(printed: Printed, kind: str) -> None:
    evidence, found = printed[kind]
    assert found["autograd"] == [evidence.gradients[name].tolist() for name in evidence.point.names]
    right = [evidence.truth[name].tolist() for name in evidence.point.names]
    if evidence.formula is None:  # differences are all that is known
        assert "the truth" not in found
        for differences, gradient in zip(found["differences"], right, strict=True):
            torch.testing.assert_close(torch.tensor(differences), torch.tensor(gradient), rtol=1e-5, atol=1e-6)
    else:
        assert found["the truth"] == right


def test_what_a_wrong_spec_declares_is_not_called_the_truth(printed: Printed) -> None:
    evidence, found = printed["in bfloat16"]
    assert found["autograd"] == [evidence.gradients["x"].tolist()]
    assert found["declared"] == [evidence.truth["x"].tolist()]


def test_a_wrong_jvp_is_shown_in_forward_mode(printed: Printed) -> None:
    evidence, found = printed["forward mode"]
    assert found["forward mode"] == pytest.approx(evidence.forward_slope, rel=1e-12)
    assert found["the truth"] == pytest.approx(evidence.reverse_slope, rel=1e-9)


def test_a_wrong_double_backward_is_differentiated_twice(printed: Printed) -> None:
    evidence, found = printed["a double backward"]
    assert found["double backward"] == pytest.approx(Curvature(evidence).value, rel=1e-12)
    assert found["the truth"] != pytest.approx(found["double backward"], rel=1e-3)


def test_a_wrong_gradient_is_not_called_the_truth(capsys: pytest.CaptureFixture[str]) -> None:
    def backward(ct: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        return 3 * ct * (2 * z).conj()

    square = op(lambda z: z * z, backward)
    z = torch.tensor([1 + 2j, -0.5j])
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "squares", SimpleNamespace(square=square))
        resolve.cache_clear()
        evidence = evidence_of(square, z.to(torch.complex128))
        exec(reproducer(evidence, op=Op("squares:square")), {})
    (ct,) = evidence.point.cotangents
    wrong, right = (ast.literal_eval(line.partition(": ")[2]) for line in capsys.readouterr().out.splitlines())
    torch.testing.assert_close(torch.tensor(wrong[0]), (3 * ct * (2 * z).conj()).to(torch.complex64))
    torch.testing.assert_close(torch.tensor(right[0]), (ct * (2 * z).conj()).to(torch.complex64))


def test_what_one_derivative_does_not_show_has_no_program() -> None:
    right = evidence_of(torch.exp, normal(2))
    assert reproducer(right, op=Op("torch.exp"), culprit=Culprit.JVP) == ""
    assert reproducer(right, op=Op("torch.exp"), culprit=Culprit.DOUBLE_BACKWARD) == ""


def test_an_op_that_was_called_after_something_else_has_no_program() -> None:
    assert reproducer(evidence_of(lambda x: torch.exp(2 * x), normal(2)), op=Op("torch.exp")) == ""


def test_layouts_several_inputs_and_special_values() -> None:
    a = normal(3, 2).T
    b = torch.tensor([[1.0, torch.inf, -0.0], [torch.nan, 2.0**-1074, 3.0]], dtype=torch.float64)
    program = reproducer(evidence_of(torch.mul, a, b), op=Op("torch.mul"))
    assert "as_strided" in program
    exec(program, {"print": lambda *_: None})


@pytest.mark.parametrize("layout", layouts.names())
def test_a_tensor_is_laid_out_as_it_was(layout: str) -> None:
    x = normal(2, 3, 2, 2, dtype=torch.complex128)
    laid = lay_out(x, layout)
    program = reproducer(evidence_of(torch.sin, laid), op=Op("torch.sin"))
    (line,) = (line for line in program.splitlines() if line.startswith("x0 = "))
    built = eval(line.removeprefix("x0 = "), {"torch": torch, "nan": torch.nan})
    assert torch.equal(built, laid) and built.requires_grad
    assert (built.stride(), built.storage_offset()) == (laid.stride(), laid.storage_offset())
    assert (built.is_conj(), built.is_neg()) == (laid.is_conj(), laid.is_neg())


def test_complex_numbers_that_are_not_finite_are_written_down() -> None:
    x = torch.tensor([complex(torch.inf, 1.0), complex(0.0, torch.nan)], dtype=torch.complex64)
    exec(reproducer(evidence_of(torch.mul, x, x), op=Op("torch.mul")), {"print": lambda *_: None})


def test_what_cannot_be_named_has_no_program() -> None:
    assert reproducer(evidence_of(torch.exp, normal(2)), op=Op("")) == ""


def test_a_sample_at_which_the_op_raises_has_no_program() -> None:
    assert reproducer(evidence_of(torch.matmul, normal(2, 3), normal(2, 3)), op=Op("torch.matmul")) == ""

"""The program of a failure runs by itself, with torch alone, and prints what gradsuite saw."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from gradsuite.inputs import draw, lay_out, layouts, samples
from gradsuite.reproducer import reproducer
from gradsuite.routes.evidence import Evidence
from gradsuite.subject import subjects
from tests.routes.points import at, catalogue, evidence_of, normal

DTYPES = [torch.float64, torch.bfloat16]


def _run(program: str, folder: Path) -> dict[str, object]:
    """What the program prints, by the word before the colon; it is run where gradsuite cannot be imported from."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", program], cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr + program
    lines = (line.partition(":") for line in done.stdout.splitlines())
    return {name: ast.literal_eval(value.strip()) for name, _, value in lines}


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_a_program_prints_the_gradient(dtype: torch.dtype, tmp_path: Path) -> None:
    evidence = at(catalogue("activation/softmax.grad.yaml"), x=normal(2, 3, dtype=dtype))
    program = reproducer(evidence, op="torch.nn.functional.softmax")
    assert "gradsuite" not in program
    found = _run(program, tmp_path)
    assert found["autograd"] == [evidence.gradients["x"].tolist()]
    assert found["the truth"] == [evidence.truth["x"].tolist()]


def test_layouts_several_inputs_and_special_values(tmp_path: Path) -> None:
    a = normal(3, 2).T
    b = torch.tensor([[1.0, torch.inf, -0.0], [torch.nan, 2.0**-1074, 3.0]], dtype=torch.float64)
    program = reproducer(evidence_of(torch.mul, a, b), op="torch.mul")
    assert "as_strided" in program
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)
    assert "autograd: [[[" in done.stdout


@pytest.mark.parametrize("layout", layouts.names())
def test_a_tensor_is_laid_out_as_it_was(layout: str) -> None:
    x = normal(2, 3, 2, 2, dtype=torch.complex128)
    laid = lay_out(x, layout)
    program = reproducer(evidence_of(torch.sin, laid), op="torch.sin")
    (line,) = (line for line in program.splitlines() if line.startswith("x0 = "))
    built = eval(line.removeprefix("x0 = "), {"torch": torch, "nan": torch.nan})
    assert torch.equal(built, laid) and built.requires_grad
    assert (built.stride(), built.storage_offset()) == (laid.stride(), laid.storage_offset())
    assert (built.is_conj(), built.is_neg()) == (laid.is_conj(), laid.is_neg())


@pytest.mark.parametrize("path", ["shape/cat.grad.yaml", "linear/addmm.grad.yaml", "convolution/conv1d.grad.yaml"])
def test_every_way_to_call(path: str, tmp_path: Path) -> None:
    spec = catalogue(path)
    drawn = samples(spec.definitions[0], dtype=torch.float64, device=torch.device("cpu"), profiles=("normal",))
    evidence = Evidence(subjects(spec)[0], draw(drawn, count=3, identity=path, seed=0)[-1])
    found = _run(reproducer(evidence, op=spec.op), tmp_path)
    assert found["autograd"] == [evidence.gradients[name].tolist() for name in evidence.point.names]


def test_what_cannot_be_named_has_no_program() -> None:
    assert reproducer(evidence_of(torch.exp, normal(2)), op="") == ""


def test_a_sample_at_which_the_op_raises_has_no_program() -> None:
    assert reproducer(evidence_of(torch.matmul, normal(2, 3), normal(2, 3)), op="torch.matmul") == ""

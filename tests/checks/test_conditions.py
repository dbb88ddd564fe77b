"""``gradsuite.check`` on backwards that are right under some conditions only: layouts, subsets, repetitions."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import torch

import gradsuite
from gradsuite.plan import plan
from gradsuite.results import Culprit, Outcome
from gradsuite.runner import Session
from tests.planted import cotangent_layout, grad_subset, input_layout, undefined_cotangents
from tests.planted.planted import Planted, op
from tests.routes.points import spec_of

CONDITIONS = ("accumulation", "cotangent_layout", "grad_subset", "input_layout", "undefined_cotangents")
X = torch.tensor([[0.5, -1.25, 2.0], [1.5, 0.75, -0.5]], dtype=torch.float64)


def _report(fn: Any, *inputs: torch.Tensor, checks: tuple[str, ...] = CONDITIONS) -> gradsuite.Report:
    return gradsuite.check(fn, inputs, checks=checks, profile="quick", dtypes=(inputs[0].dtype,))


def _sentences(fn: Any, *inputs: torch.Tensor, **options: Any) -> list[str]:
    report = _report(fn, *inputs, **options)
    assert {failure.culprit for failure in report.failures} <= {Culprit.BACKWARD}
    return [failure.sentence for failure in report.failures]


def _mul(backward: Any) -> Any:
    class Mul(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
            ctx.save_for_backward(a, b)
            return a * b

    Mul.backward = staticmethod(backward)
    return lambda a, b: Mul.apply(a, b)


def test_one_condition_alone_is_told_as_such() -> None:
    def backward(ctx: Any, ct: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        a, b = ctx.saved_tensors
        return ct * b, ct * a if ctx.needs_input_grad[0] else None

    assert _sentences(_mul(backward), X, X + 1, checks=("grad_subset",)) == [
        "the backward is wrong only when just b requires grad"
    ]


def test_several_conditions_are_told_together() -> None:
    def backward(ct: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        return (ct if ct.is_contiguous() else ct + 1) * x.cos()

    (sentence,) = _sentences(op(torch.sin, backward), X, checks=("cotangent_layout",))
    assert sentence.startswith("the backward is wrong when the cotangent is transposed (also: cotangent narrowed, ")


def test_each_output_has_a_layout_of_its_own() -> None:
    def backward(ctx: Any, ct_s: torch.Tensor, ct_c: torch.Tensor) -> torch.Tensor:
        (x,) = ctx.saved_tensors
        return ct_s * x.cos() - (ct_c if 0 not in ct_c.stride() else 0) * x.sin()

    class SinCos(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            ctx.save_for_backward(x)
            return x.sin(), x.cos()

    SinCos.backward = staticmethod(backward)
    (sentence,) = _sentences(lambda x: SinCos.apply(x), X, checks=("cotangent_layout",))
    assert "when the cotangent of output 1 is expanded with stride 0" in sentence


def test_what_a_forward_refuses_is_no_fault_and_is_noted() -> None:
    report = _report(lambda x: x.view(-1).sin(), X, checks=("input_layout",))
    assert report.ok
    assert any("the op refuses that" in note and "transposed" in note for note in report.results[0].notes)


def test_a_lazy_cotangent_that_is_refused_is_no_fault() -> None:
    def backward(ct: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        return torch.from_numpy(ct.numpy() * x.cos().numpy())

    assert _report(op(torch.sin, backward), X, checks=("cotangent_layout",)).verdict is Outcome.PASSED


def test_what_goes_wrong_by_chance_is_not_blamed_on_a_condition() -> None:
    generator = random.Random(0)

    def backward(ct: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        return ct * x.cos() * generator.choice((1, 1, 2))

    assert not _report(op(torch.sin, backward), X).failures


@pytest.mark.parametrize(
    "fn",
    [
        pytest.param(lambda x: x.kthvalue(1, -1).values, id="ties"),
        pytest.param(lambda x: torch.as_strided(x, x.shape, x.stride(), x.storage_offset()).sin(), id="as_strided"),
        pytest.param(lambda x: x, id="the input itself"),
        pytest.param(lambda x: x.t().reshape(-1), id="views"),
        pytest.param(lambda x: torch.linalg.inv(x), id="values that are refused"),
    ],
)
def test_what_torch_does_on_purpose_is_no_fault(fn: Any) -> None:
    x = torch.tensor([[1.0, 1.0], [1.0, 2.0]], dtype=torch.float64)
    assert _report(fn, x, checks=(*CONDITIONS, "contract")).ok


@pytest.mark.parametrize(
    ("check", "planted"),
    [
        ("cotangent_layout", cotangent_layout.PLANTED[0]),
        ("input_layout", input_layout.PLANTED[0]),
        ("grad_subset", grad_subset.PLANTED[0]),
        ("undefined_cotangents", undefined_cotangents.PLANTED[0]),
    ],
)
def test_the_program_of_a_failure_shows_it(
    check: str, planted: Planted, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (case,) = plan([spec_of(tmp_path, planted.broken, "planted")], checks=[check], dtypes=["float64"])
    (first, *_) = Session("quick").run(case).failures
    exec(first.reproducer, {})
    found, truth = (line.partition(":")[2].strip() for line in capsys.readouterr().out.splitlines())
    assert found != truth


def test_the_contract_tells_which_input_and_what_came() -> None:
    def backward(ct: torch.Tensor, a: torch.Tensor, b: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return ct, ct

    sentences = _sentences(op(torch.add, backward), X, X[:1], checks=("contract",))
    assert any("for x1, which is [1, " in each and "sums it back in silence" in each for each in sentences)


def test_what_is_mended_and_right_passes_with_a_note_where_nobody_promised_the_shape() -> None:
    rows = op(torch.mul, lambda ct, x, w: (ct * w, (ct * x).sum(0)))  # written for two axes; more are drawn
    (result,) = _report(rows, X, X[0], checks=("contract",)).results
    assert result.outcome is Outcome.PASSED
    assert any("the engine sums it back in silence" in note for note in result.notes)


def test_what_the_engine_refuses_is_told_in_its_words() -> None:
    (sentence,) = _sentences(op(torch.mul, lambda ct, a, b: ct * b), X, X + 1, checks=("contract",))
    assert "the engine refuses what it returns" in sentence and "(expected 3, got 2)" in sentence
